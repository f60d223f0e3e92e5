"""Refunds of merchant orders (MRCHREFUNDTRNRQ 3.15.1): made once, and asked for by the same TRNUID without a body.

Documented: the elements in both directions, that the answer has the result at once, that an instruction which people have to
approve answers without REFUNDSTATUS and REFUNDTIME (the sample) and lapses after three days, that refunds never exceed the order.
The orders are what payers paid by the collecting interfaces, which are not the mock's: the control plane lets one be paid. Which
code each rule answers, and how XFERPRCCODE goes with REFUNDSTATUS but for 1 and PAYOUT, is assumed.
"""

from datetime import timedelta
from typing import Any

from mocks.cib import magic
from mocks.cib.accounts import Party
from mocks.cib.agents import check_merchant
from mocks.cib.codes import NOT_FOUND, RULE, refused
from mocks.cib.desk import Desk
from mocks.cib.instructions import Instruction
from mocks.cib.messages import fen, group, maybe, processed, second, tag, yuan
from mocks.cib.transfers import amount_of, taken

_NAME = "MRCHREFUNDTRNRQ"
_PAYER = Party("", "网上支付付款人")
_INSTRUCTION = {"0": "PROCESSING", "1": "PAYOUT", "2": "FAIL", "3": "PENDING"}
GONE = frozenset({"2", "CANCEL", "EXPIRED"})


def refund(desk: Desk, asked: dict[str, Any]) -> str:
    """Refund once, or tell how a refund stands."""
    uid = asked["TRNUID"]
    facts = asked.get("RQBODY")
    if facts is not None:
        magic.provoke(magic.NOW, facts)
        one = desk.once(_NAME, uid, lambda: _placed(desk, uid, facts))
        magic.provoke(magic.DONE, facts)
    else:
        one = desk.instructions.recall(_NAME, uid)
        if one is None:
            raise refused(NOT_FOUND, why=f"no refund has the TRNUID {uid}")
        magic.provoke(magic.QUERY, one.facts)
    begun = [tag("REFUNDSTATUS", one.state), tag("REFUNDTIME", second(one.changed))] if one.state in _INSTRUCTION else []
    return group(
        "RSBODY",
        tag("MRCHNO", one.facts["MRCHNO"]),
        tag("ORDERNO", one.facts["ORDERNO"]),
        tag("ORDERAMT", yuan(fen(one.facts["ORDERAMT"]))),
        tag("REFUNDAMT", yuan(one.amount)),
        *begun,
        tag("CHEQUENUM", one.cheque),
        maybe("DTDUE", one.facts.get("DTDUE")),
        maybe("MEMO", one.facts.get("MEMO")),
        processed(_INSTRUCTION.get(one.state, one.state), one.changed, one.message),
    )


def _placed(desk: Desk, uid: str, facts: dict[str, Any]) -> Instruction:
    check_merchant(facts["MRCHNO"], desk.keys.order_mrch_no)
    number = facts["ORDERNO"]
    amount, total = amount_of(facts["REFUNDAMT"]), amount_of(facts["ORDERAMT"])
    paid, _ = desk.collected.get(number, (None, None))
    if paid is None:
        raise refused("20100", why="no merchant order of this ORDERNO was paid; POST /_mock/cib/orders/ORDERNO/collect")
    if paid != total:
        raise refused(RULE, why=f"ORDERAMT of the order is {paid} fen", spends=True)
    earlier = [one for one in desk.instructions.all if one.kind == "refund" and one.facts["ORDERNO"] == number]
    given = sum(one.amount for one in earlier if one.state not in GONE)
    if given + amount > paid:
        raise refused(RULE, why=f"{given} of {paid} fen were refunded already", spends=True)
    now, state = desk.now(), "0" if desk.keys.enable_sign else "AUDITING"
    serial = desk.instructions.serial()
    one = Instruction("refund", uid, serial, facts, amount, now, state, now, _PAYER, number, shows={"ORDERNO": number})
    one.cheque, one.lasts = f"11{desk.instructions.serial()[-7:]}", timedelta()
    return taken(desk, magic.doom(one))
