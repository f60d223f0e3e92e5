"""The control plane's hand on the CIB mock: what approvers, other banks, payers and time would do."""

import re
from typing import Any

from mocks.cib.accounts import Cause, Party
from mocks.cib.desk import Desk, Verb
from mocks.cib.fields import MONEY
from mocks.cib.instructions import Instruction
from mocks.cib.messages import fen
from mocks.cib.notify import STYLES
from mocks.control import ControlRefusedError, not_there, text_of
from mocks.notices import Notice

_PAYING = ("complete", "fail", "doubt", "hold", "expire", "return")
_APPROVING = ("approve", "send_back", "resubmit", "cancel")


def shown(one: Instruction) -> dict[str, Any]:
    """Return an instruction as the control plane shows it: the payee in full, so that a test can tell what arrived."""
    facts: dict[str, Any] = {
        "TRNUID": one.uid,
        "number": one.number,
        "state": one.state,
        "amount": one.amount,
        "fee": one.fee,
        "created": one.created.isoformat(timespec="seconds"),
        "changed": one.changed.isoformat(timespec="seconds"),
        "returned": one.returned.isoformat(timespec="seconds") if one.returned is not None else None,
        "purpose": one.purpose,
    }
    if one.kind != "refund":
        facts["payee"] = {
            "ACCTID": one.payee.acct_id,
            "NAME": one.payee.name,
            "BANKDESC": one.payee.bank,
            "BANKNUM": one.payee.bank_no,
        }
    return facts | one.shows


def _moves(kind: str) -> Verb:
    def control(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        one = desk.instructions.of_number(kind, number)
        desk.instructions.move(one, verb, message=_message(options))
        desk.tick()
        return shown(one)

    return control


def _message(options: dict[str, Any]) -> str | None:
    text = text_of(options, "message")
    if text is not None and ("|" in text or not text.isprintable() or text.encode("gbk", "replace").decode("gbk") != text):
        raise ControlRefusedError(
            "message 应为 GBK 文本，不含 | 与换行：它在批次的行里",
            "message should be a text in GBK without bars and line ends: it stands in a batch's row",
            status=400,
        )
    return text or None


def _expire(desk: Desk, number: str, _verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    batch = desk.batches.get(number)
    if batch is None:
        raise not_there("batch", number)
    for one in batch.lines:
        if one.state == "PROCESSING":
            desk.instructions.move(one, "expire")
    return {"TRNUID": number, "state": batch.state}


def _collect(desk: Desk, number: str, _verb: str, options: dict[str, Any]) -> dict[str, Any]:
    if number in desk.collected:
        raise ControlRefusedError(f"商户订单 {number} 已支付", f"the merchant order {number} was paid already")
    amount = _amount(number, options)
    desk.collected[number] = (amount, desk.now())
    desk.account.credit(desk.now(), amount, Cause("收款", number, Party("", "收付直通车付款人"), number))
    return {"ORDERNO": number, "amount": amount}


def _account(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    if number != desk.account.acct_id:
        raise ControlRefusedError(
            f"没有账户 {number}；有 {desk.account.acct_id}", f"no account {number}; there is {desk.account.acct_id}", status=404
        )
    if verb == "watch":
        style = text_of(options, "style") or STYLES[0]
        url = text_of(options, "url")
        if style not in STYLES or not url:
            raise ControlRefusedError(
                f"watch 要 url（本机地址）与 style（{', '.join(STYLES)} 之一）",
                f"watch takes url, an address on this machine, and style, one of {', '.join(STYLES)}",
                status=400,
            )
        desk.herald.url, desk.herald.style = url, style
    elif verb == "unwatch":
        desk.herald.url = None
    else:
        payer = Party(text_of(options, "acct_id") or "", text_of(options, "name") or "付款人", "他行", "")
        desk.account.credit(
            desk.now(), _amount(number, options), Cause("汇款", text_of(options, "purpose") or "来账", payer, "deposit")
        )
    return {"acct_id": number, "balance": desk.account.balance, "watched_by": desk.herald.url, "style": desk.herald.style}


def _amount(number: str, options: dict[str, Any]) -> int:
    text = text_of(options, "amount") or ""
    if not re.fullmatch(MONEY, text) or not fen(text):
        raise ControlRefusedError(
            f'{number} 的 amount 是 {text!r}；应为以元计的文本，如 {{"amount": "100.00"}}',
            f'amount of {number} is {text!r}; it should be yuan as a text, as in {{"amount": "100.00"}}',
            status=400,
        )
    return fen(text)


def _notice(desk: Desk, number: str, _verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    notice: Notice = desk.herald.notices.of_number(number)
    desk.herald.notices.again(notice)
    return notice.shown()


CONTROLS: dict[str, dict[str, Verb]] = {
    "transfers": dict.fromkeys((*_APPROVING, *_PAYING), _moves("transfer")),
    "agents": dict.fromkeys(_PAYING, _moves("agent")),
    "lines": dict.fromkeys(_PAYING, _moves("line")),
    "batches": {"expire": _expire},
    "refunds": dict.fromkeys((*_APPROVING, "complete", "fail", "doubt", "hold", "expire"), _moves("refund")),
    "orders": {"collect": _collect},
    "accounts": dict.fromkeys(("deposit", "watch", "unwatch"), _account),
    "notifications": {"resend": _notice},
}
