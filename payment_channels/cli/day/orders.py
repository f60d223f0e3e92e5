"""The orders of the day: what each merchant takes and pays, and whom. All names and numbers are made up."""

from payment_channels.cli.day.stage import Stage
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.parties import CorporateAccount, PersonalAccount

PRODUCTS = {"clinic": "precreate"}
WRONG_ACCOUNT = "MOCK:3031"
"""What the mock of Allinpay's payouts fails with that code."""


def payment(stage: Stage, merchant: str, fen: int, letter: str = "P") -> PaymentOrder:
    """Return an order of a merchant's customer."""
    return PaymentOrder(
        merchant_order_id=stage.number(f"{merchant}{letter}"),
        ordered_at=stage.clock(),
        amount=Money(fen),
        product=PRODUCTS.get(merchant, "native"),
        subject="茶一壶 a pot of tea",
    )


def payout(stage: Stage, merchant: str, fen: int, letter: str, *, doomed: bool = False) -> PayoutOrder:
    """Return a payout of a merchant's: the carrier pays companies, the others persons."""
    return PayoutOrder(
        merchant_order_id=stage.number(f"{merchant}{letter}"),
        ordered_at=stage.clock(),
        amount=Money(fen),
        payee=_payee(merchant, letter),
        purpose=WRONG_ACCOUNT if doomed else "货款",
    )


def _payee(merchant: str, letter: str) -> PersonalAccount | CorporateAccount:
    """Return a payee whose bank is named by its 联行号 alone, so that any channel can pay him."""
    number = f"{ord(letter):011}"  # another account each time: a second payout to the same may be held back
    if merchant == "carrier":
        return CorporateAccount(
            account_no=f"12020227{number}", name="某某茶叶有限公司", bank_name="中国银行北京支行", cnaps_code="104100000004"
        )
    return PersonalAccount(account_no=f"62220212{number}", name="张三", bank_name="中国工商银行", cnaps_code="102100099996")
