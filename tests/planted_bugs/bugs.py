"""All planted faults: each a mistake that somebody has made before, in this trade or in this code."""

from tests.planted_bugs import alipay, house, journal, unionpay, wechat

BUGS = [*house.BUGS, *journal.BUGS, *wechat.BUGS, *alipay.BUGS, *unionpay.BUGS]
