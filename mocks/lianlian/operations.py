"""What LianLian does when it is asked: pays, confirms, tells of a payment, of the balance and of bank branches.

Sources as in ``fields`` and ``payouts``. The instant payments' own list says when it is 8901 (a query finds nothing), 4001
(nothing waits for a confirmation), 4011 (another confirm_code) and 4008 (more than six wrong ones). Assumed: that after those the
right one does not help either, and 5501 where no branch fits.
"""

import re
from typing import Any

from mocks.control import ControlRefusedError, text_of
from mocks.lianlian import branches, magic, results
from mocks.lianlian.codes import CONFIRMATION, find, refused
from mocks.lianlian.desk import Desk
from mocks.lianlian.fields import bad, check_payment, fen_of, yuan_of

_MOST_WRONG_CODES = 6
_YUAN = r"(0|[1-9][0-9]{0,8})\.[0-9]{2}"


def payment(desk: Desk, fields: dict[str, str], ask: str = "") -> dict[str, Any]:
    """Accept a payment, or ask for its confirmation: in earnest, by its magic value, or because a fault wants it (``ask``)."""
    check_payment(fields)
    desk.payouts.refuse_repeated(fields)
    magic.provoke(magic.NOW, fields)
    asks = ask or magic.confirmation(fields) or desk.payouts.suspicion(fields)
    made = desk.payouts.place(fields, asks=asks, wish=magic.end(fields))
    magic.provoke(magic.DONE, fields)
    if asks:
        raise refused(asks, more={"no_order": made.no_order, "confirm_code": made.confirm_code}, why="it asks for a confirmation")
    return results.accepted(made)


def confirm(desk: Desk, fields: dict[str, str]) -> dict[str, Any]:
    """Let a payment go on its way that waits for it."""
    found = desk.payouts.find(fields["no_order"], None)
    if found is None or found.state != "CHECK":
        raise refused("4001", why="there is no such payment" if found is None else f"it is {found.state}")
    magic.provoke(magic.CONFIRM, found.fields)
    if found.wrong_codes > _MOST_WRONG_CODES:
        raise refused("4008", why=f"{found.wrong_codes} wrong codes were sent")
    if fields["confirm_code"] != found.confirm_code:
        found.wrong_codes += 1
        raise refused("4011", why=f"confirm_code is another; {found.no_order} has the one that its answer told")
    desk.payouts.confirm(found, fields["notify_url"])
    return results.accepted(found)


def query(desk: Desk, fields: dict[str, str]) -> dict[str, Any]:
    """Tell the state of a payment."""
    if not fields.get("no_order") and not fields.get("oid_paybill"):
        raise bad("no_order", "neither no_order nor oid_paybill is there")
    if not fields.get("query_version") and not fields.get("api_version"):
        raise bad("query_version", "neither query_version (the page's table) nor api_version (its sample) is there")
    found = desk.payouts.find(fields.get("no_order"), fields.get("oid_paybill"))
    if found is None:
        raise refused("8901", why="there is no such payment")
    magic.provoke(magic.QUERY, found.fields)
    return results.told(found)


def balance(desk: Desk, _fields: dict[str, str]) -> dict[str, Any]:
    """Tell what can be paid out; nothing is collected here, so nothing is unsettled."""
    return {"amt_balance": _as_sample(desk.payouts.account.balance), "amt_unsettle": _as_sample(0)}


def _as_sample(fen: int) -> str:
    """Return yuan as the page's sample has them, ``100.0``: one decimal where the second would be a nought."""
    return yuan_of(fen).removesuffix("0")


def branch(_desk: Desk, fields: dict[str, str]) -> dict[str, Any]:
    """Tell the numbers of a bank's branches whose name holds what was asked for."""
    found = branches.find(fields["bank_code"], fields["brabank_name"])
    if not found:
        raise refused("5501", why="only head offices are known here, by a part of their name: mocks/lianlian/branches.py")
    return {"bank_code": fields["bank_code"], "card_list": [{"prcptcd": code, "brabank_name": name} for code, name in found]}


def control_payout(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let a bank do something with a payment; ``code`` is the reason of a failure or a return, a code of LianLian's list.

    Raises:
        ControlRefusedError: there is no such payment, it cannot happen to it, or the reason is none.
    """
    found = desk.payouts.of_number(number)
    desk.settle(found)
    reason = text_of(options, "code") or ""
    if reason and (find(reason) is None or verb not in {"fail", "return"} or reason in CONFIRMATION | {"0000"}):
        raise ControlRefusedError(
            f"{reason} 不是代付 {verb} 的码", f"{reason} is no code with which a payout can {verb}", status=400
        )
    desk.payouts.move(found, verb, reason)
    if verb in {"complete", "fail"}:
        desk.herald.ended(found)
    return results.shown(found)


def control_merchant(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Add to the balance (``yuan``, as 100.00), take all of it, or say whether repetitions to one account are suspected.

    Raises:
        ControlRefusedError: it is another merchant, or yuan is no amount.
    """
    if number != desk.keys.oid_partner:
        raise ControlRefusedError(
            f"没有商户 {number}；有 {desk.keys.oid_partner}",
            f"no merchant has the number {number}; there is {desk.keys.oid_partner}",
            status=404,
        )
    account = desk.payouts.account
    if verb == "top_up":
        account.move(verb, _amount(text_of(options, "yuan")), desk.clock.now())
    elif verb == "empty":
        account.move(verb, -account.balance, desk.clock.now())
    else:
        desk.payouts.suspects_repetitions = verb == "suspect_repeats"
    return {"balance": account.balance, "suspects_repetitions": desk.payouts.suspects_repetitions}


def control_card(desk: Desk, number: str, _verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let LianLian know whose a card is (``name``): a payment to it under another name asks for a confirmation from now on.

    Raises:
        ControlRefusedError: no name is given.
    """
    name = text_of(options, "name")
    if not name:
        raise ControlRefusedError(
            f'卡 {number} 是谁的？请写明，如 {{"name": "张三"}}',
            f'whose is the card {number}? Say it as in {{"name": "张三"}}',
            status=400,
        )
    desk.payouts.holders[number] = name
    return {"card_no": number, "name": name}


def _amount(yuan: str | None) -> int:
    if yuan is None or not re.fullmatch(_YUAN, yuan):
        raise ControlRefusedError(
            f'yuan 是 {yuan!r}；应为两位小数的文本，如 {{"yuan": "100.00"}}',
            f'yuan is {yuan!r}; it should be a text with two decimals, as in {{"yuan": "100.00"}}',
            status=400,
        )
    return fen_of(yuan)
