"""What a simulated channel is to its merchant and to the judge: orders as it wants them, what befalls them, and its books."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from mocks.control import ControlRefusedError
from mocks.world import World
from payment_channels import (
    BillRow,
    BillRowKind,
    CancelOrder,
    Channel,
    CloseOrder,
    ConfirmPayoutOrder,
    Money,
    PaymentOrder,
    PayoutBatchOrder,
    PayoutOrder,
    RefundOrder,
    Verb,
    open_channel,
)
from payment_channels.channel import Manifest
from payment_channels.channel.interface import Clock
from payment_channels.model.orders import OriginalPayment
from payment_channels.registry import manifest

OPEN, MOVED, DEAD, BACK = "open", "moved", "dead", "back"
"""How a thing stands in a channel's books: it may still move money; it has; it never will; it had, and the money came back."""
SUCCEEDED, FAILED = "succeeded", "failed"
QUICK = frozenset({"fail", "hold", "doubt"})
"""What a bank does with a payout soon after it came, or never; the rest comes later in the day."""
_BILLED = {BillRowKind.PAYMENT: "payment", BillRowKind.REFUND: "refund", BillRowKind.PAYOUT: "payout"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a channel's books."""

    kind: str
    number: str
    fen: int
    stands: str
    given_back: int = 0
    """Of a payment that moved: what refunds have given back of it, in fen, where the channel itself tells it by its state."""
    reads_as: str = ""
    """Of a payout that came back: how its query tells it, where the channel has no word for a return."""


class Side:
    """One channel of the simulation: the counterpart of the conformance kit makes its forgeries."""

    name: ClassVar[str]
    configuration: ClassVar[Any]
    counterpart_class: ClassVar[Any]
    products: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    """What is bought by, and what an order by it says of its payer."""
    key_fields: ClassVar[tuple[str, ...]] = ()
    """Where the configuration holds the private key: it is parsed once, as if an HSM held it, however often processes start."""
    reconciled: ClassVar[frozenset[str]] = frozenset({"trade"})
    """Kinds of bill whose rows can be told apart by the merchant's own numbers; a flow of funds names the channel's."""
    settles: ClassVar[bool] = True
    """Whether a bill's rows name orders so that the journal can be settled by them."""
    billed: ClassVar[frozenset[str]] = frozenset()
    """Kinds of order that stand in those bills; ``return``: what came back has a row of its own."""
    refunded: ClassVar[Mapping[str, Any]] = {}
    payees: ClassVar[tuple[Mapping[str, Any], ...]]
    lined: ClassVar[tuple[Mapping[str, Any], ...] | None] = None
    """Payees of a batch's lines, where these take other fields than a payout by itself."""
    never_closed: ClassVar[frozenset[str]] = frozenset()
    """Products whose orders are cancelled and not closed."""
    fates: ClassVar[tuple[str, ...]]
    """What may become of a payout: verbs of the mock's control plane one after another, ``""`` for nothing that a person does."""
    fate_at_once: ClassVar[bool] = False
    things: ClassVar[str] = "transfers"

    def __init__(self, world: World, keys: Path) -> None:
        self.world = world
        self.keys = keys
        self.forger = self.counterpart_class(world, keys)
        self._held: Any = None

    def open(self, clock: Clock) -> Channel:
        """Return the channel as a process that has just begun has it."""
        if self._held is not None:
            return open_channel(self.name, self._held, clock=clock)
        configuration = self.configured()
        opened: Channel = open_channel(self.name, configuration, clock=clock)
        self._held = self.held(configuration, opened)
        return opened

    def configured(self) -> Any:
        """Return the configuration that the mock wrote for its merchant."""
        return self.configuration.from_directory(self.keys / self.name)

    def held(self, configuration: Any, channel: Any) -> Any:
        """Return the configuration without private keys: a signer that was opened once holds them."""
        if not self.key_fields:
            return configuration
        return configuration.model_copy(update=dict.fromkeys(self.key_fields) | {"signer": channel._line.signer})

    @property
    def manifest(self) -> Manifest:
        """What the channel declares: the simulation does with it whatever it may."""
        return manifest(self.name)

    def can(self, verb: Verb) -> bool:
        """Say whether the channel declares a verb."""
        return verb in self.manifest.capabilities

    def closes(self, product: str) -> bool:
        """Say whether unpaid orders of a product may be closed."""
        return self.can(Verb.CLOSE) and product not in self.never_closed

    def cancels(self, product: str) -> bool:
        """Say whether payments by a product may be cancelled, whatever their state."""
        declared = self.manifest.capabilities.get(Verb.CANCEL)
        return declared is not None and (not declared.products or product in declared.products)

    @property
    def cancels_by_number(self) -> bool:
        """Say whether a cancellation is a transaction of its own, of a payment that is known to be paid."""
        declared = self.manifest.capabilities.get(Verb.CANCEL)
        return declared is not None and declared.found_by is not None

    @property
    def batches(self) -> bool:
        """Say whether many payouts may be sent in one message."""
        return self.can(Verb.PAYOUT_BATCH)

    @property
    def bill_kinds(self) -> tuple[str, ...]:
        """The kinds of bill that can be fetched and whose rows can be told apart."""
        declared = self.manifest.capabilities.get(Verb.BILL)
        return tuple(sorted(declared.bill_kinds & self.reconciled)) if declared is not None else ()

    def numbered(self, row: BillRow) -> tuple[str, str] | None:
        """Return the kind and the number of the order that a bill's row is about; None where it is about none."""
        kind = _BILLED.get(row.kind)
        number = row.merchant_refund_id if kind == "refund" else row.merchant_order_id
        return (kind, number) if kind is not None and number is not None else None

    def _common(self, at: datetime, fen: int) -> dict[str, Any]:
        return {"ordered_at": at, "amount": Money(fen), "notify_url": f"http://127.0.0.1:9/{self.name}"}

    def payment(self, number: str, fen: int, at: datetime, expires: datetime, choice: int) -> PaymentOrder:
        product = list(self.products)[choice % len(self.products)]
        made: dict[str, Any] = {"merchant_order_id": number, "product": product, "subject": "茶一壶", "expires_at": expires}
        return PaymentOrder(**{**self._common(at, fen), **made, **self.products[product], **self.payer(product, choice)})

    def collected(self, number: str, fen: int, at: datetime) -> PaymentOrder:
        """Return a payment that a payer made by another interface than this channel's, for a side that refunds such."""
        raise NotImplementedError

    def payer(self, product: str, choice: int) -> Mapping[str, Any]:
        """Return what differs from order to order."""
        del product, choice
        return {}

    def payout(self, number: str, fen: int, at: datetime, choice: int) -> PayoutOrder:
        return self._payout(number, fen, at, self.payees[choice % len(self.payees)])

    def line(self, number: str, fen: int, at: datetime, choice: int) -> PayoutOrder:
        """Return a payout as a line of a batch."""
        if self.lined is None:
            return self.payout(number, fen, at, choice)
        return self._payout(number, fen, at, self.lined[choice % len(self.lined)])

    def _payout(self, number: str, fen: int, at: datetime, fields: Mapping[str, Any]) -> PayoutOrder:
        return PayoutOrder(merchant_order_id=number, **{**self._common(at, fen), **fields})

    def refund(self, number: str, fen: int, at: datetime, paid: PaymentOrder, found: Mapping[str, Any]) -> RefundOrder:
        fields = self._common(at, fen) | dict(self.refunded)
        return RefundOrder(merchant_refund_id=number, original=_original(paid, found), **fields)

    def cancel(self, number: str, at: datetime, paid: PaymentOrder, found: Mapping[str, Any]) -> CancelOrder:
        own = number if self.cancels_by_number else None
        return CancelOrder(merchant_cancel_id=own, ordered_at=at, original=_original(paid, found))

    def confirm(self, order: PayoutOrder, code: str) -> ConfirmPayoutOrder:
        """Return the confirmation of a payout that the channel holds back."""
        named: dict[str, Any] = {"merchant_order_id": order.merchant_order_id, "ordered_at": order.ordered_at}
        return ConfirmPayoutOrder(amount=order.amount, confirm_code=code, notify_url=order.notify_url, **named)

    def batch(self, number: str, at: datetime, lines: tuple[PayoutOrder, ...]) -> PayoutBatchOrder:
        return PayoutBatchOrder(merchant_batch_id=number, ordered_at=at, lines=lines)

    def close(self, paid: PaymentOrder, wire: Mapping[str, str]) -> CloseOrder:
        named: dict[str, Any] = {"merchant_order_id": paid.merchant_order_id, "ordered_at": paid.ordered_at}
        return CloseOrder(product=paid.product, wire=wire, **named)

    def pays(self, number: str) -> bool:
        """Let a payer pay an order; say whether it could be paid."""
        return self._does("orders", number, "pay")

    def does(self, number: str, verb: str) -> bool:
        """Let a bank do something with a payout, a batch's line too; say whether it could be done."""
        return self._does(self.things, number, verb)

    def _does(self, things: str, number: str, verb: str, **options: Any) -> bool:
        try:
            self.world.channels[self.name].control(things, number, verb, options)
        except ControlRefusedError:
            return False
        return True

    def books(self) -> Iterator[Entry]:
        """Return what the mock's own books hold, without asking the adapter."""
        books: Any = self.world.channels[self.name].books()
        return self._entries(books)

    def _entries(self, books: Any) -> Iterator[Entry]:
        raise NotImplementedError


def _original(paid: PaymentOrder, found: Mapping[str, Any]) -> OriginalPayment:
    named: dict[str, Any] = {"merchant_order_id": paid.merchant_order_id, "ordered_at": paid.ordered_at}
    return OriginalPayment(amount=paid.amount, product=paid.product, **named, **found)
