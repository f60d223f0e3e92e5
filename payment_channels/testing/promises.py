"""The promises that the kit guards, and how it says that one was broken: which one, and what money did."""

from enum import Enum


class Promise(Enum):
    """What every channel owes its users, in both languages."""

    AMOUNT = ("下单多少，渠道就记多少", "the very amount arrives")
    ONCE = ("一个单号只动一次钱", "one id moves money once")
    OTHER_CONTENT = (
        "同一单号、不同内容，必须拒绝且不算失败",
        "the same id with other content is refused, and that is no failure",
    )
    UNKNOWN = ("不能确认失败的，一律结果未知", "what is not known to have failed is unknown")
    QUERY_TELLS = ("丢失的结果可以查回来", "a query tells what a lost answer did not")
    RAW_CODE = ("渠道原始码与统一错误码并列", "the channel's raw code stays beside the canonical one")
    MAPPED = ("登记过的码都有含义", "every collected code has a meaning")
    EXCEPTION = ("异常意味着没有发出", "an exception means that nothing left")
    QUERY_REFUSED = ("查单失败不等于订单失败", "a query that fails never fails the order")
    NOTIFICATION = ("通知与查单一致", "query and notification agree")
    FORGERY = ("伪造、重复、迟到的通知不改变任何事", "a forged, repeated or late notification changes nothing")
    REFUND_LIMIT = ("退款不超过原支付", "refunds never exceed the payment")
    DECLARED = ("声明的能力都可用", "what a channel declares works")
    SAME_IN_BOTH = ("同步与异步结果相同", "sync and async say the same")
    SECRETS = ("日志、异常、打印中没有机密", "nothing secret is printed")


class PromiseBrokenError(AssertionError):
    """A promise was broken; the text names it and says what money did."""


def keep(promise: Promise, kept: object, money: str) -> None:
    """Demand that a promise is kept; ``money`` is a sentence that says what money did otherwise.

    Raises:
        PromiseBrokenError: it is not.
    """
    if not kept:
        zh, en = promise.value
        raise PromiseBrokenError(f"[{promise.name}] {zh} / {en}: {money}")
