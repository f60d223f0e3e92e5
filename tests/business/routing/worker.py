"""A worker process: it gives one order to a desk of two accounts, and ends itself with SIGKILL at the point that it was told.

The account ``a`` cannot be reached where ``away`` is said; ``b`` is the mock server. The points are the journal's own worker's.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from payment_channels import ChannelClient, open_channel
from payment_channels.business.desk import Desk
from payment_channels.business.funding import Funding
from payment_channels.channels.wechat import WechatConfig
from payment_channels.journal import DurableClient, Journal, KeyRing, Resolver
from tests.journal.conftest import KEY, payout
from tests.journal.worker import SECONDS, Fate, MortalStore, MortalTransport, Place

NOWHERE = "http://127.0.0.1:9"
"""The port of `discard`, which nobody listens on here: a connection is refused at once."""


class Mortal(MortalStore):
    """The journal's mortal store, which brings its rooms up to date without counting it."""

    def __init__(self, store: Any, fate: Fate) -> None:
        super().__init__(store, fate)
        self.bring_up_to_date = store.bring_up_to_date


def clients(place: Place, fate: Fate, *, away: bool) -> dict[str, ChannelClient]:
    """The two accounts' clients."""
    opened = {}
    for name, base in (("a", NOWHERE if away else place.mock), ("b", place.mock)):
        client = ChannelClient(
            open_channel("wechat", WechatConfig.from_directory(place.keys / "wechat", base_url=base)), timeout=SECONDS
        )
        client._transport = MortalTransport(client._transport, fate)  # type: ignore[assignment]
        opened[name] = client
    return opened


def give(place: Place, number: str, point: str, away: bool) -> None:
    """Give the order to the desk."""
    fate = Fate(point)
    journal = Journal(Mortal(place.store(), fate), KeyRing.single(KEY))
    opened = clients(place, fate, away=away)
    accounts = {name: DurableClient(client, journal, account=name) for name, client in opened.items()}
    Desk(journal, accounts, funds=Funding(journal)).payout("tea", payout(number))


def look_and_sweep(place: Place, ahead: float, away: bool) -> None:
    """What the next process does, so many seconds later: ask after what is due, and carry on."""
    journal = Journal(place.store(), KeyRing.single(KEY), clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead))
    opened = clients(place, Fate(""), away=away)
    accounts = {name: DurableClient(client, journal, account=name) for name, client in opened.items()}
    Resolver(journal, opened, timeout=SECONDS, sleep=lambda _: None).step()
    funding = Funding(journal)
    Desk(journal, accounts, funds=funding).carry_on()
    funding.follow_all()


def afterwards(place: Place, number: str, away: bool) -> None:
    """What comes after somebody died: the sweep and the core, which gives the very same order again, and both once more."""
    for ahead in (300.0, 700.0):
        look_and_sweep(place, ahead, away)
        give(place, number, "", away)
