"""CIB's direct connection on the demo's stage: a company account pays a person's card at another bank, by 收付直通车."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from payment_channels.channels.cib import CibConfig
from payment_channels.cli.cast import BILLS, PAYMENTS, Cast, Done
from payment_channels.model.bills import BillRow
from payment_channels.model.money import Money
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.parties import PersonalAccount

PAYEE = "6222021234567894321"


class CibCast(Cast):
    """Payouts alone. The bank's proxy is the mock, on loopback: nothing is signed, and the line is named as trusted."""

    name = "cib"
    absent: ClassVar[frozenset[str]] = PAYMENTS - BILLS
    bill_kind: ClassVar[str] = "statement"
    lost: ClassVar[Mapping[str, Mapping[str, str]]] = {"payout": {"text": "<MAGENTPAYRQ>"}}

    @classmethod
    def configuration(cls, keys: Path, base_url: str) -> CibConfig:
        """Read ``keys/cib``."""
        return CibConfig.from_directory(keys / "cib", trusted_line=f"{base_url}/cib")

    def payout(self, letter: str, fen: int) -> PayoutOrder:
        """Return a payout to a debit card; the bank's 联行号 is given, never guessed."""
        return PayoutOrder(
            merchant_order_id=self.number(letter),
            ordered_at=datetime.now(UTC),
            amount=Money(fen),
            payee=PersonalAccount(account_no=PAYEE, name="张三", bank_name="中国工商银行", cnaps_code="102100099996"),
            purpose="代发佣金",
            channel_fields={"interface": "MAGENTPAY"},
        )

    def payee_receives(self, order: PayoutOrder) -> None:
        """Let the card's bank take it in."""
        self.control(f"agents/{order.merchant_order_id}/complete")

    def done(self, taken: Done, paid_out: Done) -> Done:
        """Return the payouts: nothing is taken here."""
        del taken
        return paid_out

    def mine(self, rows: Sequence[BillRow]) -> list[BillRow]:
        """Return the rows of this run's payee: no field of a statement is documented as the order's number."""
        return [row for row in rows if row.raw.get("CORRELATE_ACCTID") == PAYEE]
