"""Allinpay on the demo's stage: WeChat's QR code by VSP, payouts to a company's account by TLT."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from payment_channels.channels.allinpay import AllinpayConfig
from payment_channels.cli.cast import Cast
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.parties import CorporateAccount
from payment_channels.model.results import PaymentResult


class AllinpayCast(Cast):
    """Both halves of one institution. An order is not closed, it lapses; no code says that a payer has too little money."""

    name = "allinpay"
    absent: ClassVar[frozenset[str]] = frozenset({"close", "refused"})
    lost: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "pay": {"path": "unitorder/pay"},
        "payout": {"text": "<TRX_CODE>100014"},
    }
    bill_kind = "trade"

    @classmethod
    def configuration(cls, keys: Path, base_url: str) -> AllinpayConfig:
        """Read ``keys/allinpay``; of the list of banks' codes, the one that is needed here."""
        config = AllinpayConfig.from_directory(keys / "allinpay", base_url=base_url)
        assert config.tlt is not None  # noqa: S101  the mock writes both halves
        return config.model_copy(update={"tlt": config.tlt.model_copy(update={"bank_codes": {"102": "0102"}})})

    def order(self, letter: str, fen: int) -> PaymentOrder:
        """Return an order by WeChat's QR code."""
        return PaymentOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            product="wechat_native",
            subject="茶一壶 a pot of tea",
            notify_url=self.scene.receiver.url,
        )

    def payout(self, letter: str, fen: int) -> PayoutOrder:
        """Return a payout to a company: its bank by Allinpay's code, the branch by its 联行号."""
        return PayoutOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            payee=CorporateAccount(
                account_no="1202022719900088888",
                name="某某茶叶有限公司",
                bank_code="0102",
                cnaps_code="102100099996",
            ),
            purpose="六月货款",
        )

    def payer_pays(self, order: PaymentOrder, created: PaymentResult) -> None:
        """Scan the code and pay."""
        del created
        self.control(f"orders/{order.merchant_order_id}/pay")

    def payee_receives(self, order: PayoutOrder) -> None:
        """Nothing is left to do: a payout in real time has arrived when it is answered."""
