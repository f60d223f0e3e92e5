"""The other end of the wire, as the kit needs it: an author implements it over a mock, a simulator or a sandbox."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import ModuleType
from typing import Any, Literal, Protocol

from payment_channels.channel import Verb
from payment_channels.model.incoming import Inbound
from payment_channels.model.money import Money
from payment_channels.model.orders import PaymentOrder, PayoutOrder
from payment_channels.model.results import PaymentResult


class Trouble(StrEnum):
    """What can happen to the answer of a request that was carried out."""

    LOST = "lost"  # the connection ends without an answer
    CUT = "cut"  # in the middle of the answer
    GARBAGE = "garbage"
    FORGED = "forged"  # signed with another key
    UNSIGNED = "unsigned"
    SERVER_ERROR = "server_error"  # a proxy's page with 5xx
    TWICE = "twice"  # carried out two times, as if the network had repeated it


@dataclass(frozen=True, slots=True)
class Booked:
    """One thing that the channel's own books hold. ``done``: money has moved for it. ``of``: a refund's payment."""

    kind: Literal["payment", "refund", "payout"]
    merchant_id: str
    amount: Money
    done: bool
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """One row of the collected table, as the channel's page has it: what the kit plays and what it then demands.

    ``choice`` is the product, payee or kind of bill. ``canonical`` may be given where the row was judged by hand.
    ``assumed`` rows may never say failed. ``status`` is the HTTP status, where that varies.
    """

    verb: Verb
    choice: str | None
    code: str
    sub_code: str | None = None
    status: int | None = None
    message: str = ""
    assumed: bool = False
    canonical: str | None = None

    def __str__(self) -> str:
        """Name the row in a test's id."""
        return "-".join(str(part) for part in (self.verb, self.choice, self.status, self.code, self.sub_code) if part)


class Counterpart(Protocol):
    """What an author provides. Nothing here may go through the adapter under test."""

    @property
    def notify_url(self) -> str | None:
        """Where notifications are to be posted; None where the channel has none."""

    @property
    def troubles(self) -> frozenset[Trouble]:
        """What it can do to an answer."""

    def http(self, library: ModuleType, *, asynchronous: bool) -> Any:
        """Return a client of ``library`` (httpx or httpx2) that leads to this counterpart."""

    def books(self) -> Sequence[Booked]:
        """Return what the channel knows of, money moved or not."""

    def pay(self, order: PaymentOrder, created: PaymentResult) -> None:
        """Pay as the payer would, with what he was given in ``created``; nothing to do if it is paid already."""

    def complete(self, order: PayoutOrder) -> None:
        """Let a payout arrive; nothing to do if it has."""

    def fail(self, order: PayoutOrder) -> None:
        """Let a payout fail for good."""

    def settle_refunds(self) -> None:
        """Let the refunds that are being processed come to their end."""

    def meet(self, trouble: Trouble, verb: Verb, choice: str | None) -> None:
        """Let the answer to the next request of this kind meet a trouble."""

    def answer(self, row: Collected) -> None:
        """Let the next request of this kind be refused with this code, and not carried out."""

    def show(self, state: str, verb: Verb) -> None:
        """Let the answer to the next query show a state, well signed."""

    def received(self) -> Sequence[Inbound]:
        """Return the notifications that were posted since the last call, as they came."""

    def forgeries(self, genuine: Inbound) -> Iterable[tuple[str, Inbound]]:
        """Return forgeries of a notification, each with what was done to it: by a stranger's key, of another amount."""

    def today(self) -> date:
        """Return the channel's present business day: by its own calendar and clock, not by the machine's."""

    def end_day(self) -> date:
        """End the business day, so that its bill can be fetched; return that day."""

    def secrets(self) -> Iterable[str]:
        """Return texts that may never be printed: keys, passwords, and lines of private keys."""
