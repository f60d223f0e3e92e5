"""WeChat Pay (微信支付) API v3: the channel's manifest."""

from datetime import timedelta

from payment_channels.channel import Capability, Manifest, Resend, Verb
from payment_channels.channels.wechat.adapter import Wechat
from payment_channels.channels.wechat.config import PlatformCertificate, PlatformPublicKey, WechatConfig

__all__ = ["MANIFEST", "PlatformCertificate", "PlatformPublicKey", "Wechat", "WechatConfig"]

MANIFEST = Manifest(
    name="wechat",
    title_zh="微信支付",
    title_en="WeChat Pay",
    open=Wechat,
    configuration=WechatConfig,
    # Native 下单页: without time_expire an order stays payable for seven days and is then closed.
    payable_for=timedelta(days=7),
    capabilities={
        Verb.PAY: Capability(
            products=frozenset({"native", "jsapi", "app", "h5", "micropay", "codepay"}),
            parties=frozenset({"wallet", "payment_code"}),
            fields=frozenset({"goods_tag", "support_fapiao", "profit_sharing", "detail", "h5_type"}),
            resend=Resend.SAME_CONTENT,
            never_resent=frozenset({"micropay", "codepay"}),
            source="pay.weixin.qq.com/doc/v3/merchant/4012791877: the same out_trade_no with the same parameters is re-issued",
            note_zh="同一商户订单号、相同参数可重复下单；参数不同则返回 OUT_TRADE_NO_USED。付款码支付不可重发，只能查询。",
            note_en="The same order number with the same parameters may be sent again, except for payment codes: query those.",
        ),
        Verb.QUERY: Capability(
            products=frozenset({"native", "jsapi", "app", "h5", "micropay", "codepay"}), query_by_channel_id=True
        ),
        Verb.CLOSE: Capability(resend=Resend.SAME_CONTENT, source="pay.weixin.qq.com/doc/v3/merchant/4012791881"),
        Verb.CANCEL: Capability(
            products=frozenset({"micropay", "codepay"}),
            resend=Resend.SAME_CONTENT,
            source="pay.weixin.qq.com/doc/v2/merchant/4011937125: repeat the reverse if there is no answer",
            note_zh="仅付款码支付（micropay、codepay）；发出支付至少 15 秒后，7 天以内。",
            note_en="Payments by code alone, from 15 seconds after the payment on, for seven days.",
        ),
        Verb.REFUND: Capability(
            fields=frozenset({"funds_account", "goods_detail", "from"}),
            resend=Resend.SAME_CONTENT,
            source="pay.weixin.qq.com/doc/v3/merchant/4012791883: 请不要更换商户退款单号，请使用相同参数再次调用API",
            note_zh="一笔支付最多 50 次部分退款，间隔至少 1 分钟，支付后一年内。",
            note_en="At most 50 partial refunds of a payment, a minute apart, within a year.",
        ),
        Verb.QUERY_REFUND: Capability(),
        Verb.PAYOUT: Capability(
            parties=frozenset({"wallet"}),
            fields=frozenset({"transfer_scene_id", "transfer_scene_report_infos", "user_recv_perception", "user_recv_style"}),
            resend=Resend.SAME_CONTENT,
            source="pay.weixin.qq.com/doc/v3/merchant/4012716434: a transfer's number is never changed; ACCEPTED 可原单重试",
            note_zh="收款人须在 24 小时内确认；仅直连商户。",
            note_en="The payee confirms within 24 hours; merchants only, not service providers.",
        ),
        Verb.QUERY_PAYOUT: Capability(query_by_channel_id=True, note_zh="最近 30 天。", note_en="The last 30 days."),
        Verb.CANCEL_PAYOUT: Capability(note_zh="收款人确认之前。", note_en="Before the payee confirms."),
        Verb.READ_NOTIFICATION: Capability(),
        Verb.BILL: Capability(bill_kinds=frozenset({"trade", "fund_flow"})),
    },
)

Wechat.manifest = MANIFEST
