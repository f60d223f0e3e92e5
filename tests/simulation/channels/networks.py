"""The wallets and the card network of the simulation: WeChat Pay, Alipay and UnionPay."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from payment_channels import PaymentCode, Wallet
from payment_channels.channels.alipay import AlipayConfig
from payment_channels.channels.unionpay import UnionpayConfig
from payment_channels.channels.wechat import WechatConfig
from tests.conformance import alipay, unionpay, wechat
from tests.simulation.channels.side import BACK, DEAD, MOVED, OPEN, Entry, Side


class Wechat(Side):
    """WeChat Pay: transfers wait for their payee, who confirms within a day; payments by code can be reversed, others closed."""

    name = "wechat"
    configuration = WechatConfig
    counterpart_class = wechat.WechatCounterpart
    products: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "native": {},
        "codepay": {**wechat.PAYERS["codepay"], "expires_at": None},
    }
    never_closed = frozenset({"codepay"})
    key_fields = ("merchant_key",)
    billed = frozenset({"payment", "refund"})
    payees = (
        {
            "payee": Wallet(wallet_id="o-MYE42l80oelYMDE34nYD456Xoy"),
            "remark": "新会员有礼",
            "channel_fields": wechat.SCENE,
        },
    )
    fates = ("confirm", "confirm", "confirm", "fail", "")

    def payer(self, product: str, choice: int) -> Mapping[str, Any]:
        return {"payer": PaymentCode(code=f"13{choice:016}")} if product == "codepay" else {}  # a code is good for one order

    def _entries(self, books: Any) -> Iterator[Entry]:
        paid = {"SUCCESS": MOVED, "REFUND": MOVED, "REVOKED": BACK, "NOTPAY": OPEN, "USERPAYING": OPEN}
        given = {"SUCCESS": MOVED, "PROCESSING": OPEN}
        sent = {"SUCCESS": MOVED, "FAIL": DEAD, "CANCELLED": DEAD}
        for one in books["orders"]:
            yield Entry("payment", one["out_trade_no"], one["amount"]["total"], paid.get(one["trade_state"], DEAD))
        for one in books["refunds"]:
            yield Entry("refund", one["out_refund_no"], one["amount"]["refund"], given.get(one["status"], DEAD))
        for one in books["transfers"]:
            yield Entry("payout", one["out_bill_no"], one["transfer_amount"], sent.get(one["state"], OPEN))


class Alipay(Side):
    """Alipay: a wallet is paid at once, a card in a while, and a card's bank may send the money back."""

    name = "alipay"
    configuration = AlipayConfig
    counterpart_class = alipay.AlipayCounterpart
    products: ClassVar[Mapping[str, Mapping[str, Any]]] = {"create": alipay.PAYERS["create"]}
    key_fields = ("app_private_key",)
    billed = frozenset({"payment", "refund"})
    refunded: ClassVar[Mapping[str, Any]] = {"notify_url": None}  # the payment's own address is told
    payees = tuple({"payee": alipay.PAYEES[one], "purpose": "代发", "notify_url": None} for one in ("wallet", "personal_account"))
    fates = ("confirm", "fail", "return", "return", "")

    def _entries(self, books: Any) -> Iterator[Entry]:
        paid = {"TRADE_SUCCESS": MOVED, "TRADE_FINISHED": MOVED, "WAIT_BUYER_PAY": OPEN, "UNSCANNED": OPEN}
        given = {"SUCCESS": MOVED, "PROCESSING": OPEN}
        sent = {"SUCCESS": MOVED, "DEALING": OPEN, "REFUND": BACK}
        for one in books["orders"]:
            stands = MOVED if one["refunded"] else paid.get(one["trade_status"], DEAD)
            stands = BACK if one["cancelled"] == "refund" else stands
            yield Entry("payment", one["out_trade_no"], one["total"], stands, one["refunded"])
        for one in books["refunds"]:
            fen = round(float(one["refund_amount"]) * 100)
            yield Entry("refund", one["out_request_no"], fen, given.get(one["state"], DEAD))
        for one in books["transfers"]:
            yield Entry("payout", one["out_biz_no"], one["amount"], sent.get(one["status"], DEAD))


class Unionpay(Side):
    """UnionPay: what was accepted ends by itself in three seconds, unless the bank says otherwise; no order is closed."""

    name = "unionpay"
    configuration = UnionpayConfig
    counterpart_class = unionpay.UnionpayCounterpart
    products: ClassVar[Mapping[str, Mapping[str, Any]]] = {"app": {}}
    key_fields = ("merchant_pfx", "pfx_password")
    billed = frozenset({"payment", "refund", "payout"})
    payees = ({"payee": unionpay.PAYEE},)
    fates = ("", "", "", "fail", "hold")
    fate_at_once = True
    things = "payouts"

    def _entries(self, books: Any) -> Iterator[Entry]:
        paid = {"UNPAID": OPEN, "DECLINED": OPEN, "PAID": MOVED, "LATE": MOVED, "CANCELLED": BACK, "GIVEN_BACK": BACK}
        sent = {"ACCEPTED": OPEN, "DONE": MOVED}
        for one in books["orders"]:
            yield Entry("payment", one["orderId"], one["txnAmt"], paid.get(one["state"], DEAD))
        for kind in ("refund", "cancel", "payout"):
            for one in books[f"{kind}s"]:
                yield Entry(kind, one["orderId"], one["txnAmt"], sent.get(one["state"], DEAD))
