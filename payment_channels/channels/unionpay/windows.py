"""When to ask again and until when something may be done, as data: the periods that UnionPay's own demos state.

Source: Varorbc/PaySharp@3423dafe upacp_demo_b2c, demo/api_01_gateway Form_6_5_Query, Form_6_2_FrontConsume,
Form_6_3_ConsumeUndo, Form_6_4_Refund and demo/api_16_qrc/Form_6_3_Query (payouts); the same texts stand in
hectorqin/lpays@21853947 src/libs/upacp_apple_pay/demo/api_05_app.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from payment_channels.channels.unionpay.messages import BEIJING


@dataclass(frozen=True, slots=True)
class Ladder:
    """Ages of an order, in seconds, at which it is asked after; and the codes after which it is asked again."""

    ages: tuple[int, ...]
    again: frozenset[str]

    def next_after(self, age: float) -> int:
        """Return the seconds from ``age`` to the next rung; beyond the last one, the last interval again."""
        for rung in self.ages:
            if rung > age:
                return max(1, round(rung - age))
        return self.ages[-1] - self.ages[-2]


AGAIN = frozenset({"03", "04", "05", "34"})
"""03, 04, 05: 请发起查询交易. 34 (not found) may be an order that has not arrived yet: 查询不到订单均可能为中间状态."""
LADDERS: Mapping[str, Ladder] = {
    # 前台类交易建议间隔 5分、10分、30分、60分、120分
    "front": Ladder((300, 600, 1800, 3600, 7200), AGAIN),
    # 可查询N次（不超过6次），即间隔 1，2，4，8，16，32S
    "back": Ladder((1, 3, 7, 15, 31, 63), AGAIN),
    # payouts: first after three minutes, then as above; their demo also asks again after 01, 12 and 60
    "payout": Ladder((180, 181, 183, 187, 195, 211, 243), AGAIN | {"01", "12", "60"}),
}

PAYABLE = timedelta(minutes=15)
"""payTimeout, where an order has no expiry of its own: 建议取支付时的北京时间加15分钟."""
LATE_BANK_PAGE = timedelta(days=7)
"""A bank's page (网银) may still take the money after payTimeout; UnionPay gives it back in about 5 working days."""
REFUNDABLE_MONTHS = 11
"""退货能对 11 个月内的消费做（包括当清算日）."""
CUT_OFF_HOUR = 23
"""UnionPay's clearing day ends at 23:00, Beijing time."""


def clearing_day(moment: datetime) -> date:
    """Return the clearing day that a moment belongs to."""
    local = moment.astimezone(BEIJING)
    return local.date() + timedelta(days=1) if local.hour >= CUT_OFF_HOUR else local.date()


def too_late_to_cancel(ordered_at: datetime, now: datetime) -> bool:
    """Say whether a cancellation, possible on the payment's own clearing day alone, is certainly too late.

    Only the order's time is known here, and it may have been paid up to a day later: what is near is left to the channel.
    """
    return clearing_day(now) > clearing_day(ordered_at + timedelta(days=1))


def too_late_to_refund(ordered_at: datetime, now: datetime) -> bool:
    """Say whether a payment is certainly too old to be refunded; the last days are left to the channel."""
    day, today = ordered_at.astimezone(BEIJING), now.astimezone(BEIJING)
    months = (today.year - day.year) * 12 + today.month - day.month
    return months > REFUNDABLE_MONTHS + 1 or (months == REFUNDABLE_MONTHS + 1 and today.day > day.day)


def can_still_be_paid(product: str | None, expires_at: datetime, now: datetime) -> bool:
    """Say whether what the channel calls failed may still be paid: before payTimeout the payer may try again.

    超过超时时间调查询接口应答 origRespCode 不是 A6 或者 00 的就可以判断为失败. A bank's page may be later: a company pays
    by one, and so may whoever is asked after without a product.
    """
    return now <= expires_at + (timedelta() if product in {"gateway", "app"} else LATE_BANK_PAGE)
