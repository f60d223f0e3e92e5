"""Messages of LianLian: flat JSON objects as they are sent and as they come, and what they tell of a payout.

Source: LianLianPay/GitBook-Docs-en@294f74ed docs/instant-payment-*.md, balance-query-api.md; LianLianPay/LLP-YT-Java@28ec8020
params/instantpay. Names are the wire's, to the letter.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from payment_channels.codec.amounts import minor_of_text
from payment_channels.model.money import Money
from payment_channels.model.results import Amounts, PayoutFacts, Return

BEIJING = timezone(timedelta(hours=8))
MOST_FIELDS = 100
DAY_LENGTH = 8
ACCEPTED, RETURNED, FAILED, HELD_BACK = "0000", "CANCEL", "FAILURE", "CHECK"
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class MessageRefusedError(ValueError):
    """A message that is not of the documented form. The text says how, and quotes nothing of it."""


def moment(when: datetime) -> str:
    """Write a time as dt_order has it: ``yyyyMMddHHmmss``, in Beijing."""
    return when.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def encoded(fields: Mapping[str, str]) -> bytes:
    """Encode a message: JSON in UTF-8."""
    return _JSON.encode(dict(fields)).encode()


def read_message(body: bytes) -> dict[str, str]:
    """Read a message: an object of texts. Numbers count as the text they were written in; what is null or empty is left out.

    Raises:
        MessageRefusedError: it is no such object, or a name stands twice.
    """
    try:
        found = json.loads(
            body.decode("utf-8"), object_pairs_hook=_Pairs, parse_int=str, parse_float=str, parse_constant=lambda _: True
        )
    except (ValueError, RecursionError) as error:
        reason = "it is not JSON in UTF-8"
        raise MessageRefusedError(reason) from error
    if not isinstance(found, _Pairs) or len(found) > MOST_FIELDS:
        reason = "it is no object, or has too many fields"
        raise MessageRefusedError(reason)
    fields = dict(found)
    if len(fields) != len(found) or not all(value is None or isinstance(value, str) for value in fields.values()):
        reason = "a name stands twice, or a value is no text"
        raise MessageRefusedError(reason)
    try:
        "".join((*fields, *(value for value in fields.values() if value))).encode()
    except UnicodeEncodeError as error:
        reason = "it holds half a character"
        raise MessageRefusedError(reason) from error
    return {name: value for name, value in fields.items() if value}


class _Pairs(list[tuple[str, Any]]):
    """An object's members as they stand: an object of Python's would hide what stands twice."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a message says of a payout or an account, put in the domain's words.

    Raises, from every method:
        MessageRefusedError: an amount is not as documented.
    """

    fields: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a field; an empty text where it is absent."""
        return self.fields.get(name, "")

    def lacks(self, *names: str) -> str:
        """Name what is missing of fields that the page calls required; an empty text when nothing is."""
        missing = [name for name in names if name not in self.fields]
        return f"there is no {', no '.join(missing)}" if missing else ""

    def money(self, name: str) -> Money | None:
        """Read yuan as fen; None where the field is absent."""
        if name not in self.fields:
            return None
        try:
            return Money(minor_of_text(self.fields[name]))
        except ValueError as error:
            reason = f"{name} is not an amount in yuan"
            raise MessageRefusedError(reason) from error

    def payout(self) -> PayoutFacts:
        """Return the facts of a payout. That it came back is known of its state alone; no amount of it is told."""
        came_back = Return(reason=self.text("memo")) if self.text("result_pay") == RETURNED else None
        return PayoutFacts(
            merchant_order_id=self.fields.get("no_order"),
            channel_order_id=self.fields.get("oid_paybill"),
            settlement_date=self._day("settle_date"),
            amounts=Amounts(order=self.money("money_order")),
            confirm_code=self.fields.get("confirm_code"),
            returned=came_back,
            extra={name: self.fields[name] for name in ("dt_order",) if name in self.fields},
        )

    def _day(self, name: str) -> date | None:
        text = self.text(name)
        if len(text) != DAY_LENGTH or not (text.isascii() and text.isdigit()):
            return None
        try:
            return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
        except ValueError:
            return None
