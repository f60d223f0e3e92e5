"""What is worth a second look before money leaves, and no reason to refuse: told to the log, in both languages."""

import logging
from collections.abc import Iterator
from typing import Any

from payment_channels.model import bank_numbers
from payment_channels.model.parties import BankAccount

LOG = logging.getLogger("payment_channels")


def note_doubts(order: Any) -> None:
    """Log what is doubtful in an order's accounts. A bank number (联行号) is public; no account number or name is told."""
    held = vars(order)
    if held.get("payee") is None and held.get("payer") is None and not held.get("lines"):
        return  # most payments name no account
    for place, account in _accounts(order):
        if account.cnaps_code is not None and not bank_numbers.fits(account.cnaps_code):
            LOG.warning(
                "%s.cnaps_code %s：联行号校验位不符，请核对；未拒绝 / its check digit does not fit: compare it; not refused",
                place,
                account.cnaps_code,
            )


def _accounts(order: Any) -> Iterator[tuple[str, BankAccount]]:
    held = vars(order)
    for side in ("payee", "payer"):
        party = held.get(side)
        if party is not None and isinstance(party, BankAccount):
            yield side, party
    for number, line in enumerate(held.get("lines") or ()):
        for place, account in _accounts(line):
            yield f"lines.{number}.{place}", account
