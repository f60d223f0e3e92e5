"""Wire models of what Alipay posts: a trade's notification, and the message of a transfer.

Source: the real notifications in vectors ali-notify-node-0 and -1; TRADE_CLOSED as two public repositories keep it, once unpaid
(gmt_close, refund_fee 0.00, no gmt_payment) and once refunded (gmt_payment, gmt_refund with milliseconds, refund_fee,
out_biz_no).
"""

from payment_channels.channels.alipay.messages import Shown, Trade, Transfer, Words, first_of, shown, yuan
from payment_channels.codec.lenient import Text
from payment_channels.model.results import RefundFacts


class TradeNotice(Trade):
    """``notify_type=trade_status_sync``. ``refund_fee``: the sum of all refunds so far; ``out_biz_no``: the last one's number."""

    code: str = ""
    buyer_id: Text = None
    refund_fee: Text = None
    gmt_refund: Shown = None
    out_biz_no: str | None = None

    def state(self) -> Words:
        """Say the state. Of ``TRADE_CLOSED``: a payment's time, a refund's, or the sum of refunds tell which of the two it is.

        Raises:
            ValueError: there is no state, or it is ``TRADE_CLOSED`` and the sum of refunds or a time is not as documented.
        """
        words = super().state()
        if self.trade_status == "TRADE_CLOSED":
            refunded = yuan(self.refund_fee or None)
            paid = shown(self.gmt_payment, self.gmt_refund) or (refunded is not None and refunded.amount > 0)
            never = refunded is not None and refunded.amount == 0
            words["sub_code"] = "gmt_payment" if paid else "refund_fee=0.00" if never else None
        return words

    @property
    def of_a_refund(self) -> bool:
        """Whether it tells of a refund."""
        return bool(self.gmt_refund or self.out_biz_no)

    def refund(self) -> RefundFacts:
        """Return what it says of the refund: not its amount, which only the query of the refund says."""
        return RefundFacts(
            merchant_refund_id=self.out_biz_no or None,
            merchant_order_id=self.out_trade_no or None,
            channel_order_id=self.trade_no or None,
            refunded_at=first_of(self.gmt_refund),
            extra={"refund_fee": self.refund_fee} if self.refund_fee else {},
        )


class TransferNotice(Transfer):
    """The content of ``alipay.fund.trans.order.changed``: the same words as the query of a transfer."""

    code: str = ""
