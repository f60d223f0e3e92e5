"""UnionPay (银联全渠道, ACP 5.1.0): the channel's manifest."""

from payment_channels.channel import Capability, Manifest, Verb
from payment_channels.channels.unionpay.adapter import Unionpay
from payment_channels.channels.unionpay.config import UnionpayConfig
from payment_channels.channels.unionpay.windows import PAYABLE

__all__ = ["MANIFEST", "Unionpay", "UnionpayConfig"]

_PRODUCTS = frozenset({"gateway", "gateway_b2b", "app"})

MANIFEST = Manifest(
    name="unionpay",
    title_zh="银联",
    title_en="UnionPay",
    open=Unionpay,
    configuration=UnionpayConfig,
    payable_for=PAYABLE,  # the adapter itself sends it as payTimeout
    capabilities={
        Verb.PAY: Capability(
            products=_PRODUCTS,
            parties=frozenset({"corporate_account"}),
            fields=frozenset({"channelType"}),
            note_zh="网页支付是交给付款人浏览器提交的表单。企业付款人仅 gateway_b2b。同一单号、不同 ordered_at 是另一笔交易。",
            note_en=(
                "By the web, a form that the payer's browser submits. Companies pay by gateway_b2b alone. "
                "The same number with another ordered_at is another transaction."
            ),
        ),
        Verb.QUERY: Capability(
            products=_PRODUCTS,
            note_zh="按订单号与下单时间（wire 或 ordered_at）。过期前的失败不是定论。",
            note_en="By number and time (wire or ordered_at). A failure before the expiry is not final.",
        ),
        Verb.CANCEL: Capability(
            found_by=Verb.QUERY_REFUND,
            note_zh="当清算日、全额；有自己的单号，结果用退款查询。",
            note_en="On the payment's clearing day, in full; it has a number of its own, and is queried as a refund.",
        ),
        Verb.REFUND: Capability(
            note_zh="11 个月内，可多次部分退款；须原消费的 queryId。",
            note_en="Within 11 months, in parts if need be; by the payment's queryId.",
        ),
        Verb.QUERY_REFUND: Capability(),
        Verb.PAYOUT: Capability(
            parties=frozenset({"personal_account"}),
            note_zh="银行卡，卡号加密。受理不等于成功，3 分钟后查询。",
            note_en="To bank cards, whose numbers are encrypted. Accepted is not paid: query after 3 minutes.",
        ),
        Verb.QUERY_PAYOUT: Capability(),
        Verb.READ_NOTIFICATION: Capability(note_zh="只通知成功的交易。", note_en="Successes alone are notified."),
        Verb.BILL: Capability(bill_kinds=frozenset({"trade"}), note_zh="日期为清算日。", note_en="The day is the clearing day."),
    },
)

Unionpay.manifest = MANIFEST
