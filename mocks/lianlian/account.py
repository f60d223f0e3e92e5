"""The merchant's account at LianLian: what can be paid out, and every movement of it, so that the books say what money did."""

from datetime import datetime
from typing import Any

from mocks.lianlian.codes import refused

OPENING_FEN = 1_000_000_00


class Account:
    """One balance in fen. What is paid leaves it at once, and comes back when the payment fails or is returned."""

    def __init__(self) -> None:
        """Open with a million yuan."""
        self.balance = OPENING_FEN
        self.entries: list[dict[str, Any]] = []

    def need(self, fen: int) -> None:
        """Refuse what is not there.

        Raises:
            RefusedError: 9104, 账户余额不足, as the instant payments' own list has it.
        """
        if fen > self.balance:
            raise refused("9104", why=f"the balance is {self.balance} fen, {fen} are needed; merchants/…/top_up adds some")

    def move(self, kind: str, fen: int, at: datetime, about: str = "") -> None:
        """Book a movement: less than nothing leaves the account."""
        self.balance += fen
        self.entries.append(
            {"at": at.isoformat(timespec="seconds"), "kind": kind, "about": about, "amount": fen, "balance": self.balance}
        )
