"""Agent payments (收付直通车代付, MAGENTPAYTRNRQ): to a debit card, a credit card or a company; a query is its TRNUID alone.

Documented: the elements, that an ORDERNO pays once, that the result is asked for after ten minutes. Assumed: that a payee within
the bank is paid at once (as in the sample) and one elsewhere a minute later, and the fee: 0.50 yuan for another bank, as the
batch's sample has it, and nothing within it.
"""

from datetime import timedelta
from typing import Any

from mocks.cib import magic
from mocks.cib.accounts import Party
from mocks.cib.codes import NOT_FOUND, refused
from mocks.cib.desk import Desk
from mocks.cib.instructions import Instruction
from mocks.cib.messages import group, maybe, processed, second, tag, yuan
from mocks.cib.transfers import amount_of, check_bank, taken

FEE = 50  # fen
_NAME = "MAGENTPAYTRNRQ"


def pay(desk: Desk, asked: dict[str, Any]) -> str:
    """Pay once, or tell how a payment stands."""
    uid = asked["TRNUID"]
    if "MAGENTPAYRQ" in asked:
        facts = asked["MAGENTPAYRQ"]["MAGENTPAYINFO"]
        magic.provoke(magic.NOW, facts)
        one = desk.once(_NAME, uid, lambda: _placed(desk, uid, facts))
        magic.provoke(magic.DONE, facts)
    else:
        one = desk.instructions.recall(_NAME, uid)
        if one is None:
            raise refused(NOT_FOUND, why=f"no payment has the TRNUID {uid}")
        magic.provoke(magic.QUERY, one.facts)
    return group("MAGENTPAYRS", tag("SRVRTID", one.number), _info(desk, one), processed(one.state, one.changed, one.message))


def check_merchant(number: str, own: str) -> None:
    """Refuse another merchant than the customer.

    Raises:
        RefusedError: 2005: assumed.
    """
    if number != own:
        raise refused("2005", why=f"the customer's MRCHNO is {own}")


def _placed(desk: Desk, uid: str, facts: dict[str, Any]) -> Instruction:
    check_merchant(facts["MRCHNO"], desk.keys.mrch_no)
    desk.check_account(facts["ACCTFROM"]["ACCTID"])
    desk.check_order_number(facts["ORDERNO"])
    to = facts["ACCTTO"]
    amount = amount_of(facts["TRNAMT"])
    other = to["INTERBANK"] == "N"
    check_bank(to, needs_number=other)
    now = desk.now()
    one = Instruction(
        "agent",
        uid,
        desk.instructions.serial(),
        facts,
        amount,
        now,
        "PROCESSING",
        now,
        Party(to["ACCTID"], to["NAME"], to.get("BANKDESC", ""), to.get("BANKNUM", "")),
        facts["PURPOSE"],
        fee=FEE if other else 0,
        cheque=facts.get("CHEQUENUM") or f"11{desk.instructions.serial()[-7:]}",
        shows={"ORDERNO": facts["ORDERNO"], "ACCTTYPE": to["ACCTTYPE"]},
    )
    one.lasts = one.lasts if other else timedelta()
    made = taken(desk, magic.doom(one))
    desk.order_numbers.add(facts["ORDERNO"])
    return made


def _info(desk: Desk, one: Instruction) -> str:
    facts, to = one.facts, one.facts["ACCTTO"]
    return group(
        "MAGENTPAYINFO",
        tag("MRCHNO", facts["MRCHNO"]),
        tag("ORDERNO", facts["ORDERNO"]),
        maybe("MRCHNAME", facts.get("MRCHNAME")),
        tag("CHEQUENUM", one.cheque),
        group("ACCTFROM", tag("ACCTID", desk.account.acct_id), tag("NAME", desk.account.name)),
        group(
            "ACCTTO",
            tag("ACCTID", to["ACCTID"]),
            tag("NAME", to["NAME"]),
            maybe("BANKDESC", to.get("BANKDESC")),
            maybe("BANKNUM", to.get("BANKNUM")),
            maybe("CITY", to.get("CITY")),
            tag("ACCTTYPE", to["ACCTTYPE"]),
            INTERBANK=to["INTERBANK"],
            LOCAL=to["LOCAL"],
        ),
        tag("CURSYM", "RMB"),
        tag("TRNAMT", yuan(one.amount)),
        tag("HANDLECHG", yuan(one.fee)),
        tag("PURPOSE", one.purpose),
        tag("DTDUE", second(one.created)),
    )
