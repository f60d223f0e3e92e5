"""Bills (对账单) as typed rows in minor units, whatever the file looked like."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from pydantic import Field

from payment_channels.model.money import Money
from payment_channels.model.record import Moment, Record


class BillStatus(StrEnum):
    """Whether there is a bill. A bill that is not ready yet may still be full of money."""

    READY = "ready"
    EMPTY = "empty"  # the channel says that the day had nothing
    NOT_READY = "not_ready"
    INCONSISTENT = "inconsistent"  # the file contradicts its own hash or summary
    UNKNOWN = "unknown"


class BillRowKind(StrEnum):
    """What a row is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    REVERSAL = "reversal"
    PAYOUT = "payout"
    RETURN = "return"
    FEE = "fee"
    OTHER = "other"


class BillRow(Record):
    """One row. ``amount`` is what moved (positive), ``incoming`` says whether it came in or went out.

    ``settled`` is False where the file itself says that the row is not at its end, or did not come to a good one (WeChat Pay's
    退款状态 PROCESSING, FAIL, CHANGE): such a row settles no order.
    """

    kind: BillRowKind
    incoming: bool
    amount: Money
    fee: Money | None = None
    merchant_order_id: str | None = None
    channel_order_id: str | None = None
    merchant_refund_id: str | None = None
    channel_refund_id: str | None = None
    at: Moment | None = None
    business_date: date | None = None
    status: str = ""  # as the file says it
    settled: bool = True
    product: str | None = None
    balance_after: Money | None = None
    raw: Mapping[str, str] = Field(default_factory=dict, repr=False)  # every column by its own name
