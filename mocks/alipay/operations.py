"""Every operation of the Alipay mock by its method's name, and the doing of one, with the faults that say what is answered."""

from mocks.alipay import magic, payments, payouts, platform, refunding, statements, trades
from mocks.alipay.call import Answer, Call
from mocks.alipay.codes import GATEWAY, LIMITED, RefusedError, asked_for, refused
from mocks.alipay.desk import Desk, Handler
from mocks.faults import Fault, code_of

APP = "alipay.trade.app.pay"
PAGES = {"alipay.trade.page.pay", "alipay.trade.wap.pay"}  # answered with a page, errors too
OPERATIONS: dict[str, Handler] = {
    "alipay.trade.pay": payments.pay,
    "alipay.trade.precreate": payments.precreate,
    "alipay.trade.create": payments.create,
    "alipay.trade.page.pay": payments.hand_over,
    "alipay.trade.wap.pay": payments.hand_over,
    APP: payments.hand_over,
    "alipay.trade.query": trades.query,
    "alipay.trade.close": trades.close,
    "alipay.trade.cancel": trades.cancel,
    "alipay.trade.refund": refunding.refund,
    "alipay.trade.refund.apply": refunding.apply,
    "alipay.trade.fastpay.refund.query": refunding.query,
    "alipay.fund.trans.uni.transfer": payouts.transfer,
    "alipay.fund.trans.common.query": payouts.query,
    "alipay.fund.account.query": payouts.balance,
    "alipay.data.dataservice.bill.downloadurl.query": statements.address,
    "alipay.open.app.alipaycert.download": platform.download,
}


def perform(desk: Desk, call: Call, fault: Fault | None) -> Answer:
    """Do what is asked for, and answer it; or answer a code instead, with or without doing it.

    Raises:
        RefusedError: the channel refuses it, or was told to answer a code.
    """
    handler = OPERATIONS[call.operation]
    code = code_of(fault, LIMITED)
    if fault is not None and code is not None:
        answer = handler(desk, call) if fault.options.get("executed") else Answer()
        if code in {"10000", "10003"}:
            return Answer(answer.content, code)
        raise RefusedError(asked_for(call.operation, code, fault))
    answer = handler(desk, call)
    if magic.says(call.biz, "20000"):  # done, and nobody knows
        raise refused(GATEWAY, "isp.unknow-error")
    return answer
