"""Refunds of merchant orders (MRCHREFUNDTRNRQ 3.15.1): made once, and asked for by the same TRNUID without a body.

The orders are what payers paid by the collecting interfaces, which are not the mock's: the control plane lets one be paid. The
elements and REFUNDSTATUS are documented; the answer's elements around it, the codes of the rules, and that a refund is done a
minute later, are assumed.
"""

from typing import Any

from mocks.cib import magic
from mocks.cib.accounts import Party
from mocks.cib.agents import check_merchant
from mocks.cib.codes import NOT_FOUND, RULE, refused
from mocks.cib.desk import Desk
from mocks.cib.instructions import Instruction
from mocks.cib.messages import fen, group, maybe, tag, yuan
from mocks.cib.transfers import amount_of

_NAME = "MRCHREFUNDTRNRQ"
_PAYER = Party("", "收付直通车付款人")


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
    return group(
        "RSBODY",
        tag("MRCHNO", one.facts["MRCHNO"]),
        tag("ORDERNO", one.facts["ORDERNO"]),
        tag("ORDERAMT", yuan(fen(one.facts["ORDERAMT"]))),
        tag("REFUNDAMT", yuan(one.amount)),
        tag("REFUNDSTATUS", one.state),
        maybe("DTDUE", one.facts.get("DTDUE")),
        maybe("MEMO", one.facts.get("MEMO")),
    )


def _placed(desk: Desk, uid: str, facts: dict[str, Any]) -> Instruction:
    check_merchant(desk, facts["MRCHNO"])
    number = facts["ORDERNO"]
    amount, total = amount_of(facts["REFUNDAMT"]), amount_of(facts["ORDERAMT"])
    paid, _ = desk.collected.get(number, (None, None))
    if paid is None:
        raise refused("20100", why="no merchant order of this ORDERNO was paid; POST /_mock/cib/orders/ORDERNO/collect")
    if paid != total:
        raise refused(RULE, why=f"ORDERAMT of the order is {paid} fen", spends=True)
    earlier = [one for one in desk.instructions.all if one.kind == "refund" and one.facts["ORDERNO"] == number]
    given = sum(one.amount for one in earlier if one.state != "2")
    if given + amount > paid:
        raise refused(RULE, why=f"{given} of {paid} fen were refunded already", spends=True)
    now = desk.now()
    serial = desk.instructions.serial()
    one = Instruction("refund", uid, serial, facts, amount, now, "0", now, _PAYER, number, shows={"ORDERNO": number})
    return desk.instructions.place(magic.doom(one))
