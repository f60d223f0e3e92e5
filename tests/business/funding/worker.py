"""Worker processes of funding's tests: they reserve, pay and follow, and may end themselves with SIGKILL on the way.

The points are those of the journal's own worker: ``write.within:2`` is within the second transaction, ``send.after:1`` after
the first answer came.
"""

from datetime import UTC, datetime, timedelta

from payment_channels import Money
from payment_channels.business.funding import Funding, ShortOfFundsError
from payment_channels.journal import DurableClient, Journal, KeyRing, OrderKey, Resolver
from tests.journal.conftest import KEY, payout
from tests.journal.worker import SECONDS, Fate, MortalStore, MortalTransport, Place

FEN = 888


def books(place: Place, fate: Fate | None = None, ahead: float = 0) -> Funding:
    """Open the books; with a fate, every transaction after that may be the last."""
    store, ring = place.store(), KeyRing.single(KEY)
    funding = Funding(Journal(store, ring))
    clock = lambda: datetime.now(UTC) + timedelta(seconds=ahead)  # noqa: E731  as short as it is
    funding.journal = Journal(MortalStore(store, fate) if fate is not None else store, ring, clock=clock)
    return funding


def pay(place: Place, number: str, point: str) -> None:
    """Reserve for an order, pay it out, and follow it."""
    fate = Fate(point)
    funding, client, key = books(place, fate), place.client(), OrderKey("shop", "payout", number)
    client._transport = MortalTransport(client._transport, fate)  # type: ignore[assignment]
    funding.journal.store.write(lambda cursor: funding.reserve(cursor, key, "tea", Money(FEN)))
    DurableClient(client, funding.journal, account="shop").payout(payout(number, FEN))
    funding.follow(key)


def recover(place: Place, ahead: float, point: str) -> None:
    """What the next process does: look at everything that is due, and follow it."""
    fate = Fate(point)
    funding, client = books(place, fate, ahead), place.client()
    Resolver(funding.journal, {"shop": client}, timeout=SECONDS, sleep=lambda _: None).step()
    funding.follow_all()


def reserve_many(place: Place, name: str, count: int, fen: int) -> None:
    """Reserve for many orders, until all are tried; where the money does not suffice, go on."""
    funding = books(place)
    for number in range(count):
        key = OrderKey("shop", "payout", f"{name}{number:03}")
        try:
            funding.journal.store.write(lambda cursor, key=key: funding.reserve(cursor, key, "tea", Money(fen)))  # type: ignore[misc]
        except ShortOfFundsError:
            continue
        if number % 3 == 0:
            funding.refused(key)
            funding.paid_in("tea", "shop", Money(1), reference=f"in-{name}{number:03}", who="Zhang")
