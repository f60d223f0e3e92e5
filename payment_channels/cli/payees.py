"""The lines of a CSV made into payouts: typed, exact, and every fault told with its line before anything is sent."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payment_channels.cli.sheet import COLUMNS, FIELDS, KINDS, WALLET, Fault, Line, Sheet
from payment_channels.codec.amounts import minor_of_text
from payment_channels.model.money import Money
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.parties import CorporateAccount, Payee, PersonalAccount, Wallet
from payment_channels.model.refusals import InvalidRequestError

_CLASSES: Mapping[str, type[PersonalAccount | CorporateAccount | Wallet]] = {
    "personal_account": PersonalAccount,
    "corporate_account": CorporateAccount,
    WALLET: Wallet,
}
_ACCOUNT = re.compile(r"[0-9A-Za-z-]{1,64}")
_OF_THE_PAYEE = {column.name: column.payees for column in COLUMNS if column.payees}
_MADE_HERE = frozenset({"amount", "payee_kind"})


@dataclass(frozen=True, slots=True)
class Given:
    """What every line of a batch is given beside its own cells."""

    ordered_at: datetime
    notify_url: str | None
    channel_fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PayoutLine:
    """One line of the file as a payout."""

    number: int
    order: PayoutOrder


def payouts_of(sheet: Sheet, given: Given) -> list[PayoutLine]:
    """Make the payouts; what is wrong with a line is added to the sheet's faults."""
    spoilt = {fault.line for fault in sheet.faults}
    made = [line for one in sheet.lines if one.number not in spoilt and (line := _payout(sheet, one, given)) is not None]
    numbers: dict[str, int] = {}
    for one in sheet.lines:
        name = one.cells.get("merchant_order_id")
        if name is None:
            continue
        first = numbers.setdefault(name, one.number)
        if first != one.number:
            sheet.fault(one.number, "merchant_order_id", f"与第 {first} 行的单号相同", f"the same number as on line {first}")
    return made


def repeated(lines: list[PayoutLine]) -> list[list[int]]:
    """Return the lines that pay the same amount to the same payee: perhaps meant, perhaps the same payment twice."""
    alike: dict[tuple[int, str], list[int]] = defaultdict(list)
    for line in lines:
        payee = line.order.payee
        number = payee.wallet_id if isinstance(payee, Wallet) else payee.account_no
        alike[line.order.amount.amount, number].append(line.number)
    return [numbers for numbers in alike.values() if len(numbers) > 1]


def _payout(sheet: Sheet, line: Line, given: Given) -> PayoutLine | None:
    before = len(sheet.faults)
    cells = line.cells
    for name in ("merchant_order_id", "amount", "payee_kind"):
        if name not in cells:
            sheet.fault(line.number, name, "不能为空", "it must not be empty")
    amount = _amount(sheet, line)
    payee = _payee(sheet, line)
    fields = _channel_fields(sheet, line, given)
    if len(sheet.faults) > before or amount is None or payee is None:
        return None
    own: dict[str, Any] = {
        name: text
        for name, text in cells.items()
        if name not in _OF_THE_PAYEE and name not in _MADE_HERE and not name.startswith(FIELDS)
    }
    own.setdefault("notify_url", given.notify_url or "")
    try:
        order = PayoutOrder(
            ordered_at=given.ordered_at,
            amount=amount,
            payee=payee,
            channel_fields=fields,
            **{name: text for name, text in own.items() if text},
        )
    except InvalidRequestError as error:
        sheet.faults.append(refused(line.number, error))
        return None
    return PayoutLine(line.number, order)


def refused(line: int, error: Any) -> Fault:
    """Tell an exception of the SDK as a line's fault."""
    return Fault(line, error.field or "", error.zh, error.en)


def _amount(sheet: Sheet, line: Line) -> Money | None:
    text = line.cells.get("amount")
    if text is None:
        return None
    try:
        fen = minor_of_text(text)
    except ValueError:
        zh = f"{text} 不是精确到分的元：写作 1234.50，不带千分位、货币符号"
        en = f"{text} is no exact amount of yuan: write 1234.50, without separators or signs, no finer than a fen"
        sheet.fault(line.number, "amount", zh, en)
        return None
    if fen <= 0:
        sheet.fault(line.number, "amount", "金额必须大于 0", "the amount must be above 0")
        return None
    return Money(fen)


def _payee(sheet: Sheet, line: Line) -> Payee | None:
    word = line.cells.get("payee_kind")
    if word is None:
        return None
    kind = next((kind for kind, words in KINDS.items() if word in words), None)
    if kind is None:
        known = ", ".join(f"{words[0]} ({words[-1]})" for words in KINDS.values())
        sheet.fault(line.number, "payee_kind", f"收款方类型须为：{known}", f"the kind of payee is one of: {known}")
        return None
    cells: dict[str, Any] = {name: text for name, text in line.cells.items() if name in _OF_THE_PAYEE}
    before = len(sheet.faults)
    for name in cells:
        if kind not in _OF_THE_PAYEE[name]:
            sheet.fault(line.number, name, f"{kind} 没有这一项，请清空", f"a {kind} has no such field: empty the cell")
    for name in ("wallet_id",) if kind == WALLET else ("account_no", "name"):
        if name not in cells:
            sheet.fault(line.number, name, f"{kind} 必填", f"a {kind} needs it")
    if "account_no" in cells and not _ACCOUNT.fullmatch(cells["account_no"]):
        zh, en = "账号只能有数字、字母和 -，不带空格", "an account number has digits, letters and - alone, no spaces"
        sheet.fault(line.number, "account_no", zh, en)
    if len(sheet.faults) > before:
        return None
    try:
        return _CLASSES[kind](**cells)
    except InvalidRequestError as error:
        sheet.faults.append(refused(line.number, error))
        return None


def _channel_fields(sheet: Sheet, line: Line, given: Given) -> dict[str, Any]:
    """Put the line's own channel fields over the account's. A cell that begins with a bracket is JSON, any other is text."""
    fields = dict(given.channel_fields)
    for name, text in line.cells.items():
        if not name.startswith(FIELDS):
            continue
        key = name.removeprefix(FIELDS)
        if not text.startswith(("{", "[")):
            fields[key] = text
            continue
        try:
            fields[key] = json.loads(text)
        except ValueError as error:
            sheet.fault(line.number, name, f"不是正确的 JSON：{error}", f"no correct JSON: {error}")
    return fields
