"""Allinpay (通联支付): collecting by 收银宝 (VSP) and payouts by 通联通 (TLT); the channel's manifest."""

from payment_channels.channel import Capability, Manifest, Verb
from payment_channels.channels.allinpay.adapter import Allinpay
from payment_channels.channels.allinpay.config import AllinpayConfig, TltConfig, VspConfig
from payment_channels.channels.allinpay.products import PAYABLE, PRODUCTS, SCAN

__all__ = ["MANIFEST", "Allinpay", "AllinpayConfig", "TltConfig", "VspConfig"]

_PRODUCTS = frozenset({*PRODUCTS, SCAN})
_PAYEES = frozenset({"personal_account", "corporate_account"})

MANIFEST = Manifest(
    name="allinpay",
    title_zh="通联支付",
    title_en="Allinpay",
    open=Allinpay,
    configuration=AllinpayConfig,
    payable_for=PAYABLE,  # the adapter itself sends it as validtime
    capabilities={
        Verb.PAY: Capability(
            products=_PRODUCTS,
            parties=frozenset({"wallet", "payment_code"}),
            fields=frozenset({"sub_appid", "limit_pay", "goods_tag"}),
            note_zh="收银宝（VSP）。下单成功不等于已付；scan 的应答没有金额，由查询确认成功。",
            note_en=(
                "By VSP (收银宝). An order that stands is not paid; the answer to scan states no amount, "
                "so the query says that it succeeded."
            ),
        ),
        Verb.QUERY: Capability(
            products=_PRODUCTS,
            query_by_channel_id=True,
            note_zh="过期前的失败不是定论。",
            note_en="A failure before the expiry is not final.",
        ),
        Verb.CANCEL: Capability(
            found_by=Verb.QUERY_REFUND,
            note_zh="当天、全额；有自己的单号，结果用退款查询。",
            note_en="On the payment's day, in full; it has a number of its own, and is queried as a refund.",
        ),
        Verb.REFUND: Capability(
            note_zh="可部分退款；应答没有金额，由查询确认成功。", note_en="In parts if need be; the query confirms it."
        ),
        Verb.QUERY_REFUND: Capability(),
        Verb.PAYOUT: Capability(
            parties=_PAYEES,
            fields=frozenset({"BUSINESS_CODE", "CUST_USERID"}),
            note_zh=(
                "通联通（TLT）100014，对私与对公；须 bank_code（或配置 bank_codes），对公还须联行号。"
                "应答没有金额，由查询确认成功。"
            ),
            note_en=(
                "By TLT (通联通) 100014, to persons and companies; bank_code (or bank_codes of the configuration) is required, "
                "of companies the 联行号 too. "
                "The answer states no amount, so the query says that it succeeded."
            ),
        ),
        Verb.QUERY_PAYOUT: Capability(
            note_zh="200004；查询被拒不代表代付失败。", note_en="200004; a refused query fails no payout."
        ),
        Verb.PAYOUT_BATCH: Capability(
            parties=_PAYEES,
            fields=frozenset({"CUST_USERID"}),
            note_zh="100002；20 分钟后首查，之后每 10 分钟。",
            note_en="100002; queried after 20 minutes, then every 10.",
        ),
        Verb.QUERY_PAYOUT_BATCH: Capability(
            fields=frozenset({"CUST_USERID"}), note_zh="每一笔各有结果。", note_en="Every line has an outcome of its own."
        ),
        Verb.READ_NOTIFICATION: Capability(
            note_zh="收银宝的支付、撤销与退款。", note_en="Of VSP: payments, cancellations, refunds."
        ),
        Verb.BILL: Capability(bill_kinds=frozenset({"trade"}), note_zh="次日 6 点后。", note_en="After 06:00 of the next day."),
    },
)

Allinpay.manifest = MANIFEST
