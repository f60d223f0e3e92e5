"""Alipay on the demo's stage: a QR code, a trade in the app, a transfer to a bank card, a payment code at a till."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from payment_channels.channels.alipay import AlipayConfig
from payment_channels.cli.cast import Cast
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.parties import PaymentCode, PersonalAccount, Wallet, WalletIdKind
from payment_channels.model.results import PaymentResult, Result

BUYER = "2088102114562585"


class AlipayCast(Cast):
    """Orders by QR code. A code that nobody has scanned is no trade yet, so what is lost is an order made in the app."""

    name = "alipay"
    lost: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "pay": {"text": "alipay.trade.create"},
        "payout": {"text": "alipay.fund.trans.uni.transfer"},
    }
    bill_kind = "trade"

    @classmethod
    def configuration(cls, keys: Path, base_url: str) -> AlipayConfig:
        """Read ``keys/alipay``, in certificate mode: transfers demand it."""
        return AlipayConfig.from_directory(keys / "alipay", base_url=base_url, mode="certificate")

    def order(self, letter: str, fen: int) -> PaymentOrder:
        """Return an order by QR code (precreate)."""
        return PaymentOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            product="precreate",
            subject="茶一壶 a pot of tea",
            notify_url=self.scene.receiver.url,
        )

    def order_to_lose(self, letter: str, fen: int) -> PaymentOrder:
        """Return an order for the mini-program (create): a trade from the moment it is made."""
        payer = Wallet(wallet_id=BUYER, id_kind=WalletIdKind.USER_ID)
        return self.order(letter, fen).model_copy(update={"product": "create", "payer": payer})

    def payout(self, letter: str, fen: int) -> PayoutOrder:
        """Return a transfer to a bank card."""
        return PayoutOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            payee=PersonalAccount(account_no="6222021234567894321", name="张三", bank_name="中国工商银行"),
            purpose="代发佣金",
        )

    def payer_pays(self, order: PaymentOrder, created: PaymentResult) -> None:
        """Scan the code and pay."""
        del created
        self.control(f"orders/{order.merchant_order_id}/scan")
        self.control(f"orders/{order.merchant_order_id}/pay")

    def payee_receives(self, order: PayoutOrder) -> None:
        """Let the bank take it in."""
        self.control(f"transfers/{order.merchant_order_id}/confirm")

    def poor_payer(self) -> Result:
        """Take a payment code; the magic value in the order makes the mock answer ACQ.BUYER_BALANCE_NOT_ENOUGH."""
        order = self.order("C", 100)
        update = {
            "product": "bar_code",
            "subject": "MOCK:ACQ.BUYER_BALANCE_NOT_ENOUGH",
            "payer": PaymentCode(code="281234567890123456"),
        }
        return self.client.pay(order.model_copy(update=update))
