"""Transfers (XFERTRNRQ 3.3.1; 快速转账, ICTRANSFERTRNRQ 3.4.10) and their queries: in the bank, to others, by 超级网银 (SUPER).

What goes within the bank or by the ordinary way to another one is PAYOUT (交易成功/登记成功) in the answer itself; SUPER is
asynchronous, up to 50,000 yuan, and needs BANKNUM: documented. That the ordinary way is not asynchronous too, which code the
rules answer (52000), and that a query that finds nothing says 2020 (of 快速转账 2000, its sample), is assumed. 快速转账 knows no
workflow, so the proxy has to sign: documented; that 52000 refuses it otherwise is assumed.
"""

from datetime import date, timedelta
from typing import Any

from mocks.cib import magic
from mocks.cib.accounts import Party
from mocks.cib.codes import AMOUNT, BROKEN, NO_RECORD, NOT_FOUND, RULE, refused
from mocks.cib.desk import BANK, CITY, Desk
from mocks.cib.instructions import Instruction
from mocks.cib.messages import fen, group, maybe, processed, tag, yuan

FAST = "ICTRANSFERTRNRQ"
_SUPER_LIMIT = 50_000_00


def transfer(desk: Desk, asked: dict[str, Any]) -> str:
    """Pay once, and answer how it stands: at the first time and at every repetition."""
    facts = asked["XFERRQ"]["XFERINFO"]
    magic.provoke(magic.NOW, facts)
    one = desk.once("XFERTRNRQ", asked["TRNUID"], lambda: _placed(desk, asked["TRNUID"], facts))
    magic.provoke(magic.DONE, facts)
    return group(
        "XFERRS",
        tag("SRVRID", one.number),  # so it is called here, and SRVRTID in the query: both samples
        _info(desk, one, answered=True),
        processed(one.state, one.changed, one.message),
        tag("CLIENTREF", one.uid),
    )


def fast(desk: Desk, asked: dict[str, Any]) -> str:
    """Pay once without a workflow; without its content it is the query of its TRNUID."""
    uid = asked["TRNUID"]
    if "XMPTRQ" not in asked:
        one = desk.instructions.recall(FAST, uid)
        if one is None:
            raise refused(BROKEN, NO_RECORD, why=f"no payment has the TRNUID {uid}")
        return _fast_told(desk, one)
    facts = asked["XMPTRQ"]["XFERINFO"] | {"FUNDACCT": asked["XMPTRQ"].get("FUNDACCT", {}).get("ACCTID")}
    magic.provoke(magic.NOW, facts)
    if not desk.keys.enable_sign:
        raise refused(RULE, why="快速转账 needs EnableSign=YES", spends=True)
    one = desk.once(FAST, uid, lambda: _placed(desk, uid, facts))
    magic.provoke(magic.DONE, facts)
    return _fast_told(desk, one)


def _fast_told(desk: Desk, one: Instruction) -> str:
    fund = one.facts.get("FUNDACCT")
    return group(
        "XPMTRS",
        tag("SRVRTID", one.number),
        group("FUNDACCT", tag("ACCTID", fund)) if fund else "",
        _fast_info(desk, one),
        processed(one.state, one.changed, one.message),
    )


def _fast_info(desk: Desk, one: Instruction) -> str:
    """Return XFERINFO of 快速转账: what the request left out is not filled in, as in the samples."""
    facts, to = one.facts, one.facts["ACCTTO"]
    bank = (maybe(name, to.get(name)) for name in ("BANKDESC", "BANKNUM", "CITY"))
    payee = (tag("ACCTID", to["ACCTID"]), tag("NAME", to["NAME"]), *bank)
    return group(
        "XFERINFO",
        group("ACCTFROM", tag("ACCTID", desk.account.acct_id), tag("NAME", desk.account.name)),
        group("ACCTTO", *payee, INTERBANK=to["INTERBANK"], LOCAL=to["LOCAL"]),
        tag("CHEQUENUM", one.cheque),
        tag("CURSYM", "RMB"),
        tag("TRNAMT", yuan(one.amount)),
        maybe("PMTMODE", facts.get("PMTMODE")),
        tag("PURPOSE", one.purpose),
        maybe("DTDUE", facts.get("DTDUE")),
        maybe("MEMO", facts.get("MEMO")),
    )


def query(desk: Desk, asked: dict[str, Any]) -> str:
    """Tell how the transfer of a TRNUID stands."""
    return _found(desk, "XFERTRNRQ", asked["XFERINQRQ"]["CLIENTREF"])


def query_fast(desk: Desk, asked: dict[str, Any]) -> str:
    """Tell how the fast transfer of a TRNUID stands."""
    return _found(desk, FAST, asked["XFERINQRQ"]["CLIENTREF"])


def _found(desk: Desk, operation: str, wanted: str) -> str:
    one = desk.instructions.found(operation, wanted)
    if one is None:
        code, text = (BROKEN, NO_RECORD) if operation == FAST else (NOT_FOUND, None)
        raise refused(code, text, why=f"no transfer has the TRNUID {wanted}")
    magic.provoke(magic.QUERY, one.facts)
    found = group(
        "XFER",
        tag("SRVRID" if operation == FAST else "SRVRTID", one.number),  # so the samples have it
        _fast_info(desk, one) if operation == FAST else _info(desk, one, answered=False),
        processed(one.state, one.changed, one.message),
    )
    return group("XFERINQRS", group("XFERLIST", tag("FROM", one.number), tag("TO", one.number), found, MORE="N"))


def _placed(desk: Desk, uid: str, facts: dict[str, Any]) -> Instruction:
    desk.check_account(facts["ACCTFROM"]["ACCTID"])
    to = facts["ACCTTO"]
    amount = amount_of(facts["TRNAMT"])
    by_super = facts.get("PMTMODE") == "SUPER"
    check_bank(to, needs_number=by_super)
    if by_super and amount > _SUPER_LIMIT:
        raise refused(RULE, why=f"by SUPER {_SUPER_LIMIT // 100} yuan go at most", spends=True)
    due = day_of(facts["DTDUE"]) if facts.get("DTDUE") else None
    now = desk.now()
    if due is not None and due < now.date():
        raise refused(RULE, why="DTDUE is past", spends=True)
    scheduled = due is not None and due > now.date()
    state = "AUDITING" if not desk.keys.enable_sign else "AUDITED" if scheduled else "PROCESSING"
    one = Instruction(
        "transfer",
        uid,
        desk.instructions.serial(),
        facts,
        amount,
        now,
        state,
        now,
        Party(to["ACCTID"], to["NAME"], to.get("BANKDESC", BANK), to.get("BANKNUM", "")),
        facts["PURPOSE"],
        due_day=due,
        cheque=facts.get("CHEQUENUM") or desk.instructions.serial()[-8:],
    )
    one.lasts = one.lasts if by_super else timedelta()
    return taken(desk, magic.doom(one))


def taken(desk: Desk, one: Instruction) -> Instruction:
    """Take in an instruction; what needs no time is done at once."""
    desk.instructions.place(one)
    desk.instructions.tick()
    return one


def amount_of(text: str) -> int:
    """Return the fen of an amount.

    Raises:
        RefusedError: 2006 where it is nothing.
    """
    if not fen(text):
        raise refused(AMOUNT, why="the amount is nothing")
    return fen(text)


def day_of(text: str) -> date:
    """Return a day.

    Raises:
        RefusedError: 2000 where no calendar has it.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise refused(BROKEN, why=f"{text} is no day") from error


def check_bank(to: dict[str, Any], *, needs_number: bool) -> None:
    """Refuse a payee of another bank whose bank is not told.

    Raises:
        RefusedError: 52000.
    """
    other = to["INTERBANK"] == "N"
    if needs_number and not to.get("BANKNUM"):
        raise refused(RULE, why="BANKNUM is missing, which this way needs", spends=True)
    if other and not to.get("BANKDESC"):
        raise refused(RULE, why="BANKDESC is missing, which a payee of another bank needs", spends=True)


def _info(desk: Desk, one: Instruction, *, answered: bool) -> str:
    """Return XFERINFO; the answer's and the query's differ as the samples' do."""
    facts, to = one.facts, one.facts["ACCTTO"]
    payer = [tag("ACCTID", desk.account.acct_id), tag("NAME", desk.account.name)]
    payer += [tag("BANKDESC", BANK)] if answered else []
    due = f"{one.due_day or one.created.date():%Y-%m-%d}"
    return group(
        "XFERINFO",
        group("ACCTFROM", *payer, tag("CITY", CITY)),
        group(
            "ACCTTO",
            tag("ACCTID", to["ACCTID"]),
            tag("NAME", to["NAME"]),
            tag("BANKDESC", to.get("BANKDESC", BANK)),
            maybe("BANKNUM", to.get("BANKNUM")),
            maybe("CITY", to.get("CITY") or (CITY if to["INTERBANK"] == "Y" else "")),
            INTERBANK=to["INTERBANK"],
            LOCAL=to["LOCAL"],
        ),
        tag("CHEQUENUM", one.cheque),
        tag("CURSYM", "RMB"),
        tag("TRNAMT", yuan(one.amount)),
        maybe("PMTMODE", facts.get("PMTMODE")),
        tag("PURPOSE", one.purpose),
        tag("DTDUE", due) if answered else "",
        maybe("MEMO", facts.get("MEMO")),
    )
