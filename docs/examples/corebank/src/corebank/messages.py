"""The core's messages, field names to its letter. Amounts are fen. corebank.example/doc/book and /doc/reverse."""

import json

from pydantic import BaseModel

from payment_channels import CancelOrder, CorporateAccount, InvalidRequestError, Money, PaymentOrder, PersonalAccount
from payment_channels.model.results import Amounts, PaymentFacts

from .config import CorebankConfig


class Entry(BaseModel):
    """What the core holds under a serial number."""

    serial: str
    core_serial: str
    amount: int
    currency: str
    state: str

    def facts(self) -> PaymentFacts:
        """Put it in the domain's words."""
        return PaymentFacts(
            merchant_order_id=self.serial,
            channel_order_id=self.core_serial,
            product="book",
            amounts=Amounts(order=Money(self.amount, self.currency)),
        )


class Refusal(BaseModel):
    """What the core says instead, with a status of 400 and above."""

    code: str
    text: str = ""


def account_of(order: PaymentOrder) -> PersonalAccount | CorporateAccount:
    """Return the account that is debited.

    Raises:
        InvalidRequestError: the order names none.
    """
    if not isinstance(order.payer, PersonalAccount | CorporateAccount):
        raise InvalidRequestError.because(
            "payer：记账须给出扣款账户（对私或对公）",
            "payer: a booking needs the account to debit, personal or corporate",
            field="payer",
        )
    return order.payer


def booking(config: CorebankConfig, order: PaymentOrder) -> bytes:
    """Write the booking as it is signed and sent."""
    account = account_of(order)
    return _encoded(
        {
            "system": config.system,
            "serial": order.merchant_order_id,
            "debit": account.account_no,
            "debit_name": account.name,
            "debit_type": "C" if isinstance(account, CorporateAccount) else "P",
            "credit": config.suspense_account,
            "amount": order.amount.amount,
            "currency": order.amount.currency,
            "summary": order.subject,
        }
    )


def reversal(config: CorebankConfig, order: CancelOrder) -> bytes:
    """Write the reversal (冲正) of a booking; the amount is its original's, so that nobody reverses another one."""
    return _encoded(
        {
            "system": config.system,
            "original": order.original.merchant_order_id,
            "amount": order.original.amount.amount,
            "currency": order.original.amount.currency,
        }
    )


def _encoded(fields: dict[str, str | int | None]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
