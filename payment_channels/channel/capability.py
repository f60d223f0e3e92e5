"""What a channel declares of itself: verbs, products, payees, and whether sending again is documented as safe."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from payment_channels.channel.verbs import Verb


class Resend(StrEnum):
    """Whether the same order may be sent again, by the channel's own documentation. The SDK itself never does it."""

    NEVER = "never"
    SAME_CONTENT = "same_content"  # the same ids and the same business content are documented as idempotent


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One verb of one channel. Empty sets mean that the distinction does not exist there.

    ``parties`` lists the kinds of payee (or payer) that are served, by their ``kind``. ``product_fields`` and
    ``fields`` name the keys of ``channel_fields`` that are understood; any other is refused before sending.
    """

    products: frozenset[str] = frozenset()
    parties: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    bill_kinds: frozenset[str] = frozenset()
    query_by_channel_id: bool = False
    unsigned: bool = False  # of ``read_notification``: nobody signs what comes in; its events say so, and settle nothing
    found_by: Verb | None = None  # of ``cancel``: it is a transaction of its own, and this query tells what became of it
    resend: Resend = Resend.NEVER
    never_resent: frozenset[str] = frozenset()  # products to which ``resend`` does not extend
    source: str = ""  # of the documented idempotency
    note_zh: str = ""
    note_en: str = ""

    def resend_of(self, product: str | None) -> Resend:
        """Say whether an order by this product may be sent again."""
        return Resend.NEVER if product in self.never_resent else self.resend


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """A channel's visiting card.

    ``payable_for`` is how long an order without ``expires_at`` can still be paid, ``payable_by_product`` where a product has
    a time of its own; None where nothing says so. ``open`` makes the adapter from a configuration; ``configuration`` is the
    class of that configuration.
    """

    name: str
    title_zh: str
    title_en: str
    capabilities: Mapping[Verb, Capability]
    open: Callable[..., Any] = field(repr=False)
    configuration: type[Any] = field(repr=False)
    currencies: frozenset[str] = frozenset({"CNY"})
    payable_for: timedelta | None = None
    payable_by_product: Mapping[str, timedelta] = field(default_factory=dict)

    def payable(self, product: str | None) -> timedelta | None:
        """Return how long an order by this product can be paid; by a product that is not known, the channel's own time."""
        return self.payable_by_product.get(product or "", self.payable_for)
