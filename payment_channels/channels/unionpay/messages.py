"""Messages of ACP: forms as they are sent and posted, answers as they come (``k=v&…``, not encoded), and what they tell.

Source: UnionPay's own SDK, as ported in playniuniu/python-unionpay@464b792e src/unionpay (SDKUtil.py, AcpService.py), and the
field lists of jifuwei/lol@0b761071 pay-component-unionpay. Names are the wire's, to the letter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from urllib.parse import parse_qsl, urlencode

from payment_channels.model.money import Money
from payment_channels.model.results import Amounts, PaymentFacts, PayoutFacts, RefundFacts

BEIJING = timezone(timedelta(hours=8))
CURRENCIES = {"156": "CNY"}
LONGEST_TIME, SHORT_TIME, MONTH_DAY = 14, 10, 4
MOST_FIELDS = 200
AMOUNT_DIGITS = 15  # more than any amount of money in fen
EXTRA = (
    "txnType",
    "txnTime",
    "bizType",
    "traceNo",
    "traceTime",
    "settleDate",
    "payType",
    "payCardType",
    "origQryId",
    "issuerIdentifyMode",
)
"""What only this channel says, worth keeping beside the facts; never an account number."""


class MessageRefusedError(ValueError):
    """A message that is not of the documented form. The text says how, and quotes nothing of it."""


def moment(when: datetime) -> str:
    """Write a time as txnTime and payTimeout have it: ``yyyyMMddHHmmss``, in Beijing."""
    return when.astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def moment_of(text: str) -> datetime | None:
    """Read such a time; None where it is none."""
    if len(text) != LONGEST_TIME or not (text.isascii() and text.isdigit()):
        return None
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None


def form(fields: Mapping[str, str]) -> bytes:
    """Encode a request's body: url-encoded UTF-8."""
    return urlencode(fields).encode("ascii")


def composite(fields: Mapping[str, str]) -> str:
    """Write ``{k=v&k=v}``, in the order given."""
    return "{" + "&".join(f"{name}={text}" for name, text in fields.items()) + "}"


def read_answer(body: bytes) -> dict[str, str]:
    """Read a synchronous answer: split at ``&`` outside ``{…}``, each part at its first ``=``; nothing is decoded.

    Raises:
        MessageRefusedError: it is no such text.
    """
    text = _decoded(body)
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        if sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
        elif sign == "&" and depth == 0:
            parts.append(text[start:place])
            start = place + 1
        if depth < 0:
            break
    if depth != 0:
        reason = "its braces do not close"
        raise MessageRefusedError(reason)
    parts.append(text[start:])
    return _unique(part.partition("=") for part in parts)


def read_post(body: bytes) -> dict[str, str]:
    """Read a notification's form.

    Raises:
        MessageRefusedError: it is no form.
    """
    text = _decoded(body)
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        reason = "it is not a form of UTF-8"
        raise MessageRefusedError(reason) from error
    return _unique((name, "=", value) for name, value in pairs)


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        reason = "it is not UTF-8"
        raise MessageRefusedError(reason) from error


def _unique(parts: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, equals, value in parts:
        if not equals or not name or name in found or len(found) >= MOST_FIELDS:
            # Twice the same name: signing joins fields without escaping, so either could be the signed one.
            reason = "it is no list of k=v, a name stands twice, or there are too many"
            raise MessageRefusedError(reason)
        found[name] = value
    if not found:
        reason = "it is empty"
        raise MessageRefusedError(reason)
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """What a verified message says of a transaction, put in the domain's words.

    Raises, from every method:
        MessageRefusedError: an amount, or its currency, is not as documented.
    """

    fields: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """Return a field, or None where it is absent or empty."""
        return self.fields.get(name) or None

    def _amounts(self) -> Amounts:
        return Amounts(
            order=self._money("txnAmt", "currencyCode"),
            settled=self._money("settleAmt", "settleCurrencyCode"),
        )

    def _money(self, name: str, currency: str) -> Money | None:
        digits = self.text(name)
        if digits is None:
            return None
        known = CURRENCIES.get(self.fields.get(currency) or "156")  # answers to refunds name no currency
        if not (digits.isascii() and digits.isdigit()) or len(digits) > AMOUNT_DIGITS or known is None:
            reason = f"{name} is not fen of a known currency"
            raise MessageRefusedError(reason)
        return Money(int(digits), known)

    def _sent_at(self) -> datetime | None:
        return moment_of(self.fields.get("txnTime", ""))

    def _traced_at(self) -> datetime | None:
        traced = self.fields.get("traceTime", "")
        return self._dated(traced) if len(traced) == SHORT_TIME else None

    def _settled_on(self) -> date | None:
        day = self.fields.get("settleDate", "")
        found = self._dated(f"{day}000000") if len(day) == MONTH_DAY else None
        return found.date() if found else None

    def _dated(self, text: str) -> datetime | None:
        """Give ``MMDDhhmmss`` its year: the first in which it is not before the day of txnTime."""
        sent = self._sent_at()
        for year in (sent.year, sent.year + 1) if sent else ():
            found = moment_of(f"{year}{text}")
            if found is not None and sent is not None and found.date() >= sent.date() - timedelta(days=1):
                return found
        return None

    def _extra(self) -> dict[str, str]:
        return {name: text for name in EXTRA if (text := self.text(name))}

    def payment(self, product: str | None, *, paid: bool) -> PaymentFacts:
        """Return the facts of a payment."""
        return PaymentFacts(
            merchant_order_id=self.text("orderId"),
            channel_order_id=self.text("queryId"),
            product=product,
            paid_at=self._traced_at() if paid else None,
            channel_time=self._traced_at() or self._sent_at(),
            business_date=self._settled_on(),
            settlement_date=self._settled_on(),
            attach=self.text("reqReserved"),
            amounts=self._amounts(),
            extra=self._extra(),
        )

    def refund(self, *, done: bool) -> RefundFacts:
        """Return the facts of a refund or of a cancellation, whose own ids stand where a payment's do."""
        return RefundFacts(
            merchant_refund_id=self.text("orderId"),
            channel_refund_id=self.text("queryId"),
            channel_order_id=self.text("origQryId"),
            refunded_at=self._traced_at() if done else None,
            channel_time=self._traced_at() or self._sent_at(),
            business_date=self._settled_on(),
            settlement_date=self._settled_on(),
            amounts=self._amounts(),
            extra=self._extra(),
        )

    def payout(self, *, paid: bool) -> PayoutFacts:
        """Return the facts of a payout."""
        return PayoutFacts(
            merchant_order_id=self.text("orderId"),
            channel_order_id=self.text("queryId"),
            paid_at=self._traced_at() if paid else None,
            channel_time=self._traced_at() or self._sent_at(),
            business_date=self._settled_on(),
            settlement_date=self._settled_on(),
            amounts=self._amounts(),
            extra=self._extra(),
        )
