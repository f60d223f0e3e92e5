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
            products=frozenset({"native"}),
            fields=frozenset({"goods_tag", "support_fapiao", "profit_sharing", "detail"}),
            resend=Resend.SAME_CONTENT,
            source="pay.weixin.qq.com/doc/v3/merchant/4012791877: the same out_trade_no with the same parameters is re-issued",
            note_zh="同一商户订单号、相同参数可重复下单，会重新返回二维码；参数不同则返回 OUT_TRADE_NO_USED。",
            note_en="The same order number with the same parameters may be sent again and yields a fresh QR code.",
        ),
        Verb.QUERY: Capability(products=frozenset({"native"}), query_by_channel_id=True),
        Verb.CLOSE: Capability(resend=Resend.SAME_CONTENT, source="pay.weixin.qq.com/doc/v3/merchant/4012791881"),
        Verb.REFUND: Capability(
            fields=frozenset({"funds_account", "goods_detail", "from"}),
            resend=Resend.SAME_CONTENT,
            source="pay.weixin.qq.com/doc/v3/merchant/4012791883: 请不要更换商户退款单号，请使用相同参数再次调用API",
            note_zh="一笔支付最多 50 次部分退款，间隔至少 1 分钟，支付后一年内。",
            note_en="At most 50 partial refunds of a payment, a minute apart, within a year.",
        ),
        Verb.QUERY_REFUND: Capability(),
    },
)

Wechat.manifest = MANIFEST
