"""Alipay (支付宝) by the gateway of the open platform: the channel's manifest."""

from datetime import timedelta

from payment_channels.channel import Capability, Manifest, Resend, Verb
from payment_channels.channels.alipay.adapter import Alipay
from payment_channels.channels.alipay.bodies import PAYMENT_FIELDS, PAYOUT_FIELDS, REFUND_FIELDS
from payment_channels.channels.alipay.config import AlipayConfig
from payment_channels.channels.alipay.payments import QR_CODE_VALID_FOR

__all__ = ["MANIFEST", "Alipay", "AlipayConfig"]

_PRODUCTS = frozenset({"precreate", "bar_code", "create", "page", "wap", "app"})
_MODEL = "https://github.com/alipay/alipay-sdk-php-all/blob/d95249a3/v3/src/Model"

MANIFEST = Manifest(
    name="alipay",
    title_zh="支付宝",
    title_en="Alipay",
    open=Alipay,
    configuration=AlipayConfig,
    # Without expires_at a form that was handed over has no documented end: it is never conclusive that nobody will pay it.
    payable_for=None,
    # The QR code lasts two hours; a till's order three by default (当面付 timeout_express).
    payable_by_product={"precreate": QR_CODE_VALID_FOR, "bar_code": timedelta(hours=3)},
    capabilities={
        Verb.PAY: Capability(
            products=_PRODUCTS,
            parties=frozenset({"wallet", "payment_code"}),
            fields=PAYMENT_FIELDS,
            note_zh="precreate、bar_code、create 为接口调用；page、wap、app 只签名并交给付款人。结果不明时先查单，不要换单号。",
            note_en="precreate, bar_code and create are sent; page, wap and app are signed and handed over. In doubt, query.",
        ),
        Verb.QUERY: Capability(
            products=_PRODUCTS,
            query_by_channel_id=True,
            note_zh="预下单的二维码未被扫码前查无此单，仍可支付两小时。TRADE_CLOSED 由应答的其他字段区分未付与全额退款。",
            note_en="A code not scanned yet is not found, and payable for two hours. Other fields tell TRADE_CLOSED apart.",
        ),
        Verb.CLOSE: Capability(
            resend=Resend.SAME_CONTENT,
            source=f"{_MODEL}/AlipayTradeCloseErrorResponseModel.php: ACQ.SYSTEM_ERROR 重新发起请求",
            note_zh="仅等待付款的交易；未被扫码的预下单没有交易可关。",
            note_en="Trades that await their payer; a code that nobody has scanned is no trade yet.",
        ),
        Verb.CANCEL: Capability(
            products=frozenset({"bar_code", "precreate", "create"}),
            resend=Resend.SAME_CONTENT,
            source=f"{_MODEL}/AlipayTradeCancelResponseModel.php: retry_flag 是否需要重试",
            note_zh="仅用于结果不明的支付，当日有效；正常退款请用 refund，明确未付请用 close。",
            note_en="For payments whose result is unknown, on the same day; refund what was paid, close what was not.",
        ),
        Verb.REFUND: Capability(
            fields=REFUND_FIELDS,
            resend=Resend.SAME_CONTENT,
            source=f"{_MODEL}/AlipayTradeRefundModel.php: 重试时需要保证退款请求号不能变更，防止该笔交易重复退款",
            note_zh="应答不含本次金额，由退款查询确认（间隔 10 秒以上）；同一交易两次退款间隔 3 秒以上。",
            note_en="The answer lacks this refund's amount: query it 10 s later. At least 3 s between refunds of a trade.",
        ),
        Verb.QUERY_REFUND: Capability(query_by_channel_id=True),
        Verb.PAYOUT: Capability(
            parties=frozenset({"wallet", "personal_account", "corporate_account"}),
            fields=PAYOUT_FIELDS,
            resend=Resend.SAME_CONTENT,
            source="alipay.fund.trans.common.query, SYSTEM_ERROR: 可以考虑采用相同的out_biz_no重发请求",
            note_zh="须用证书模式。应答通常不含金额，由查询确认；银行卡转账成功后可能退票（REFUND）。",
            note_en="In certificate mode. The answer seldom states the amount: query. A bank may send it back (REFUND).",
        ),
        Verb.QUERY_PAYOUT: Capability(query_by_channel_id=True),
        Verb.BALANCE: Capability(),
        Verb.READ_NOTIFICATION: Capability(
            note_zh="转账经消息服务通知（alipay.fund.trans.order.changed），其格式未经官方文档核实。",
            note_en="Transfers come by the message service (alipay.fund.trans.order.changed); its form is assumed.",
        ),
        Verb.BILL: Capability(bill_kinds=frozenset({"trade", "fund_flow"})),
    },
)

Alipay.manifest = MANIFEST
