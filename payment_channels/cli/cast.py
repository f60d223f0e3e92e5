"""A channel on the demo's stage: how its orders look, and what its payer, its payee and its operator do in the mock."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from mocks.process import MockServer
from payment_channels.cli.receiver import Receiver
from payment_channels.client import ChannelClient
from payment_channels.model.bills import BillRow, BillRowKind
from payment_channels.model.money import Money
from payment_channels.model.orders import OriginalPayment, PaymentOrder, PayoutOrder, RefundOrder
from payment_channels.model.queries import BillQuery, PaymentQuery
from payment_channels.model.results import PaymentResult, Result


@dataclass(frozen=True, slots=True)
class Scene:
    """What every cast is given: a client of its channel, the mock, who receives notifications, and this run's mark."""

    client: ChannelClient
    mock: MockServer
    receiver: Receiver
    run: str  # twelve digits that make the numbers of this run fresh


Done = Mapping[BillRowKind, int]
"""Fen by the kind of a bill's row."""
BILLS = frozenset({"bill_early", "bill"})
PAYMENTS = frozenset({"create", "notified", "query", "refund", "query_refund", "lost", "found", "close", "refused"}) | BILLS
"""The steps that a channel which only pays out, and has no bill either, does not have."""


class Cast(ABC):
    """One channel. The story is the same for all; only what differs between channels stands in a subclass."""

    name: ClassVar[str]
    expected: ClassVar[Mapping[str, str]] = {}
    """Steps whose outcome is another here than in the story, because the channel is made so."""
    absent: ClassVar[frozenset[str]] = frozenset()
    """Steps that the channel does not have."""
    lost: ClassVar[Mapping[str, Mapping[str, str]]]
    """Which request's reply is lost: the mock's matching of path and method, for ``pay`` and for ``payout``."""
    bill_kind: ClassVar[str] = ""

    def __init__(self, scene: Scene) -> None:
        """Take the stage."""
        self.scene = scene
        self.client = scene.client

    @classmethod
    @abstractmethod
    def configuration(cls, keys: Path, base_url: str) -> Any:
        """Return the channel's configuration, from the folder that the mock made."""

    def order(self, letter: str, fen: int) -> PaymentOrder:
        """Return an order by the channel's usual product; ``letter`` makes its number."""
        raise self._takes_no_payments(letter, fen)

    def order_to_lose(self, letter: str, fen: int) -> PaymentOrder:
        """Return an order that exists at the channel once it was sent, whatever became of the reply."""
        return self.order(letter, fen)

    @abstractmethod
    def payout(self, letter: str, fen: int) -> PayoutOrder:
        """Return a payout."""

    def payer_pays(self, order: PaymentOrder, created: PaymentResult) -> None:
        """Let the payer pay, with what he was given."""
        raise self._takes_no_payments(order, created)

    @abstractmethod
    def payee_receives(self, order: PayoutOrder) -> None:
        """Let a payout arrive."""

    def poor_payer(self) -> Result:
        """Return what comes of a payment whose payer has too little money."""
        raise self._takes_no_payments()

    def _takes_no_payments(self, *_asked: object) -> NotImplementedError:
        return NotImplementedError(
            f"{self.name} 不收款：它的 `absent` 应含 PAYMENTS / {self.name} takes no payments: its `absent` should hold PAYMENTS"
        )

    def number(self, letter: str) -> str:
        """Return a fresh number."""
        return f"demo{self.scene.run}{letter}"

    def control(self, path: str, content: dict[str, Any] | None = None) -> Any:
        """Ask something of this channel's mock."""
        return self.scene.mock.control(f"{self.name}/{path}", content)

    def lose(self, verb: str) -> None:
        """Have the next reply of a verb lost, after the channel has done what it was asked."""
        self.scene.mock.control("faults", {"kind": "lose_reply", "channel": self.name, **self.lost[verb]})

    def refund(self, order: PaymentOrder, paid: PaymentQuery, fen: int) -> RefundOrder:
        """Return a refund of part of a payment that was found paid."""
        return RefundOrder(
            merchant_refund_id=self.number("R"),
            ordered_at=self.scene.client.channel.clock(),
            amount=Money(fen),
            original=OriginalPayment(
                merchant_order_id=order.merchant_order_id,
                channel_order_id=paid.channel_order_id,
                ordered_at=order.ordered_at,
                amount=order.amount,
                product=order.product,
                wire=paid.wire,
            ),
            notify_url=None,
            reason="少了一只杯子",
        )

    def done(self, taken: Done, paid_out: Done) -> Done:
        """Return what of this run a bill here has to hold: what was taken, or what was paid out where it takes nothing."""
        del paid_out
        return taken

    def mine(self, rows: Sequence[BillRow]) -> list[BillRow]:
        """Return the rows of a bill that tell of this run: its order and its refund, by their numbers."""
        ours = [row for row in rows if row.merchant_order_id == self.number("A")]
        return ours + [row for row in rows if row not in ours and row.merchant_refund_id == self.number("R")]

    def bill(self) -> BillQuery:
        """Return the query of today's bill, by the mock's own calendar."""
        day = self.scene.mock.control("clock", method="GET")["now"][:10]
        return BillQuery(day=day, bill_kind=self.bill_kind)
