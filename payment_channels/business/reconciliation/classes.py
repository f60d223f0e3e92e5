"""The classes of differences (差异类型), each a fact and no opinion, with what is suggested to do about it, in both languages."""

from dataclasses import dataclass
from enum import StrEnum


class Difference(StrEnum):
    """What is different between a channel's bill and the journal."""

    CHANNEL_ONLY = "CHANNEL_ONLY"  # 长款: the channel moved money under a number of ours that the journal does not have
    LOCAL_ONLY = "LOCAL_ONLY"  # 短款: the journal says that money moved, and no bill does
    STATUS = "STATUS"  # both have it; the journal did not say that it succeeded, or two sources contradict each other
    AMOUNT = "AMOUNT"  # both have it, and the principal or its currency differs, be it by one fen
    FEE = "FEE"  # the fee is not what the contract says
    DUPLICATE = "DUPLICATE"  # a further row about what another row of this bill, or an earlier bill, says already
    FOREIGN = "FOREIGN"  # a row about an order of nobody here, or of another channel account
    PENDING_CUTOFF = "PENDING_CUTOFF"  # about the cut-off: the next days' bills are waited for
    BILL_MISSING = "BILL_MISSING"  # the day's bill has not come: not ready, or no believable answer
    BILL_INCONSISTENT = "BILL_INCONSISTENT"  # the bill contradicts its own hash or summary, and was not used


class Action(StrEnum):
    """What is suggested to do, or what was done, about a difference. None of them moves money by itself."""

    QUERY_AND_BOOK = "query_and_book"
    ASK_THE_CHANNEL = "ask_the_channel"
    DECIDE_IN_THE_JOURNAL = "decide_in_the_journal"
    CLAIM_THE_FEE = "claim_the_fee"
    CLAIM_BACK_OR_REFUND = "claim_back_or_refund"
    FIND_THE_OWNER = "find_the_owner"
    WAIT = "wait"
    FETCH_AGAIN = "fetch_again"
    NO_BUSINESS = "no_business"
    EXPLAINED = "explained"


class CaseState(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"  # for the bills of the next days, and for nobody
    OPEN = "open"
    PROPOSED = "proposed"  # a maker said what is to be done; a checker has not yet agreed
    CLOSED = "closed"
    CLEARED = "cleared"  # a later run found no difference any more


@dataclass(frozen=True, slots=True)
class Words:
    """A class or an action as people read it."""

    zh: str
    en: str


CLASS_WORDS: dict[Difference, Words] = {
    Difference.CHANNEL_ONLY: Words("长款：渠道有、本地无", "the channel has it, the journal does not"),
    Difference.LOCAL_ONLY: Words("短款：本地成功、渠道账单无", "the journal says it succeeded, no bill has it"),
    Difference.STATUS: Words("状态不符", "the states differ"),
    Difference.AMOUNT: Words("金额不符", "the amounts differ"),
    Difference.FEE: Words("手续费不符", "the fee is not the contract's"),
    Difference.DUPLICATE: Words("账单重复", "the bill has it more than once"),
    Difference.FOREIGN: Words("非本账户业务", "not this account's business"),
    Difference.PENDING_CUTOFF: Words("日切在途，待次日账单", "about the cut-off: the next bills are waited for"),
    Difference.BILL_MISSING: Words("账单未到", "the bill has not come"),
    Difference.BILL_INCONSISTENT: Words("账单自相矛盾，未使用", "the bill contradicts itself and was not used"),
}
ACTION_WORDS: dict[Action, Words] = {
    Action.QUERY_AND_BOOK: Words("向渠道查单，查实后补记", "query the order at the channel, then book it"),
    Action.ASK_THE_CHANNEL: Words("查单并向渠道提交差错处理", "query the order, and raise it with the channel"),
    Action.DECIDE_IN_THE_JOURNAL: Words(
        "核对两边证据，由两人在日志中作出结论", "compare the evidence; two people decide in the journal"
    ),
    Action.CLAIM_THE_FEE: Words(
        "按合同核对费率，向渠道追收或更正费率", "compare with the contract; claim the fee, or correct the terms"
    ),
    Action.CLAIM_BACK_OR_REFUND: Words(
        "核实是否重复收付：退还付款人或向渠道追回", "see whether it was paid twice: refund the payer, or claim it back"
    ),
    Action.FIND_THE_OWNER: Words("查明归属，移交所属系统或向渠道追问", "find whose it is; hand it over, or ask the channel"),
    Action.WAIT: Words("等待次日账单", "wait for the next day's bill"),
    Action.FETCH_AGAIN: Words("重新取账单；仍无则向渠道追问", "fetch the bill again; if it stays away, ask the channel"),
    Action.NO_BUSINESS: Words("渠道确认当日无业务", "the channel confirms a day without business"),
    Action.EXPLAINED: Words("已查明原因，无需处理", "explained; nothing is to be done"),
}
SUGGESTED: dict[Difference, Action] = {
    Difference.CHANNEL_ONLY: Action.QUERY_AND_BOOK,
    Difference.LOCAL_ONLY: Action.ASK_THE_CHANNEL,
    Difference.STATUS: Action.DECIDE_IN_THE_JOURNAL,
    Difference.AMOUNT: Action.ASK_THE_CHANNEL,
    Difference.FEE: Action.CLAIM_THE_FEE,
    Difference.DUPLICATE: Action.CLAIM_BACK_OR_REFUND,
    Difference.FOREIGN: Action.FIND_THE_OWNER,
    Difference.PENDING_CUTOFF: Action.WAIT,
    Difference.BILL_MISSING: Action.FETCH_AGAIN,
    Difference.BILL_INCONSISTENT: Action.FETCH_AGAIN,
}
GRAVEST = (
    Difference.DUPLICATE,
    Difference.FOREIGN,
    Difference.CHANNEL_ONLY,
    Difference.LOCAL_ONLY,
    Difference.PENDING_CUTOFF,
    Difference.AMOUNT,
    Difference.STATUS,
    Difference.FEE,
)
"""Which of several facts about one row names its case: a wrong amount before a wrong state before a wrong fee."""
