"""LianLian on the demo's stage: it pays out alone, to a company's account here, and takes no payments."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from payment_channels.channels.lianlian import LianlianConfig
from payment_channels.cli.cast import PAYMENTS, Cast
from payment_channels.model.money import Money
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.parties import CorporateAccount


class LianlianCast(Cast):
    """Payouts to companies: their bank is named by LianLian's code, and the branch by its 联行号."""

    name = "lianlian"
    absent: ClassVar[frozenset[str]] = PAYMENTS
    lost: ClassVar[Mapping[str, Mapping[str, str]]] = {"payout": {"path": "paymentapi/payment"}}

    @classmethod
    def configuration(cls, keys: Path, base_url: str) -> LianlianConfig:
        """Read ``keys/lianlian``."""
        return LianlianConfig.from_directory(keys / "lianlian", base_url=base_url)

    def payout(self, letter: str, fen: int) -> PayoutOrder:
        """Return a payout; each to another account, since a second one to the same is held back until it is confirmed."""
        return PayoutOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            payee=CorporateAccount(
                account_no=f"12020227{ord(letter):011}",
                name="某某茶叶有限公司",
                bank_code="01040000",
                cnaps_code="104100000004",
            ),
            purpose="六月货款",
            remark="货款",
            notify_url=self.scene.receiver.url,
        )

    def payee_receives(self, order: PayoutOrder) -> None:
        """Let the company's bank take it in."""
        self.control(f"payouts/{order.merchant_order_id}/complete")
