"""All planted faults: each a mistake that somebody has made before, in this trade or in this code."""

from tests.planted_bugs import (
    alipay,
    allinpay,
    allinpay_mock,
    business_funding,
    business_reconciliation,
    business_reports,
    business_routing,
    cib,
    cib_mock,
    house,
    journal,
    lianlian,
    lianlian_mock,
    unionpay,
    wechat,
)

BUGS = [
    *house.BUGS,
    *journal.BUGS,
    *business_funding.BUGS,
    *business_reconciliation.BUGS,
    *business_reports.BUGS,
    *business_routing.BUGS,
    *wechat.BUGS,
    *alipay.BUGS,
    *unionpay.BUGS,
    *lianlian.BUGS,
    *lianlian_mock.BUGS,
    *allinpay.BUGS,
    *allinpay_mock.BUGS,
    *cib.BUGS,
    *cib_mock.BUGS,
]
