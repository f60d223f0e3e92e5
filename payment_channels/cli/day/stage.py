"""What the day is played on: a journal, the channel accounts of five channels, the policies, and a clock that is moved."""

import secrets
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from mocks.process import MockServer
from payment_channels.business.calendar import BEIJING
from payment_channels.business.desk import ChannelAccount, Desk
from payment_channels.business.funding import Funding, FundingPolicy
from payment_channels.business.policies import PolicyBook
from payment_channels.business.reconciliation import Reconciliation, ReconciliationPolicy
from payment_channels.business.routing import RoutingPolicy
from payment_channels.cli.casts import CASTS
from payment_channels.client import ChannelClient
from payment_channels.journal import DurableClient, Journal, KeyRing, SqliteStore
from payment_channels.model.record import Record
from payment_channels.registry import open_channel

P = TypeVar("P", bound=Record)
MAKER, CHECKER = "张三 Zhang", "李四 Li"
OPENS = time(9)
NOWHERE = "http://127.0.0.1:9/notify"  # the day asks, and is told nothing
ACCOUNTS: dict[str, tuple[str, dict[str, Any]]] = {
    "wechat-shop": ("wechat", {"notify_url": NOWHERE}),
    "alipay-shop": ("alipay", {"notify_url": NOWHERE}),
    "allinpay-tlt": ("allinpay", {}),
    "lianlian-main": ("lianlian", {"notify_url": NOWHERE, "remark": "货款"}),
    "cib-direct": ("cib", {"channel_fields": {"interface": "MAGENTPAY"}}),
}
"""Each channel account: its channel, and what an order needs there that no merchant should have to know."""


class DayClock:
    """The machine's time and an offset, so that the day begins at nine whenever it is played."""

    def __init__(self) -> None:
        """Start at the machine's time."""
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Show the time."""
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True, slots=True)
class Stage:
    """All that the scenes use."""

    mock: MockServer
    clock: DayClock
    journal: Journal
    clients: dict[str, DurableClient]
    desk: Desk
    funding: Funding
    reconciliation: Reconciliation
    day: date
    run: str  # twelve digits that make the numbers of this day fresh

    def number(self, letters: str) -> str:
        """Return a fresh number."""
        return f"day{self.run}{letters}"

    def wait(self, **span: float) -> None:
        """Let time pass for everybody."""
        passed = timedelta(**span)
        self.clock.ahead += passed
        self.mock.control("clock/advance", {"seconds": passed.total_seconds()})

    def at_the_channel(self, channel: str, path: str, content: dict[str, Any] | None = None) -> None:
        """Let something happen in the world outside."""
        self.mock.control(f"{channel}/{path}", content)


@contextmanager
def set_up(mock: MockServer, folder: Path) -> Iterator[Stage]:
    """Open everything, at nine o'clock of tomorrow, with empty books."""
    clock = DayClock()
    now = datetime.now(BEIJING)
    day = now.date() + timedelta(days=1)
    with ExitStack() as stack:
        store = SqliteStore(folder / "day.sqlite3")
        stack.callback(store.close)
        journal = Journal(store, KeyRing.single(secrets.token_bytes(32)), clock=clock)
        bare = {name: stack.enter_context(_client(channel, mock)) for name, (channel, _) in ACCOUNTS.items()}
        clients = {name: DurableClient(client, journal, account=name) for name, client in bare.items()}
        funding = Funding(journal)
        accounts = {name: ChannelAccount(client, ACCOUNTS[name][1]) for name, client in clients.items()}
        stage = Stage(
            mock=mock,
            clock=clock,
            journal=journal,
            clients=clients,
            desk=Desk(journal, accounts, funds=funding),
            funding=funding,
            reconciliation=Reconciliation(journal),
            day=day,
            run=f"{now:%y%m%d%H%M%S}",
        )
        stage.wait(seconds=(datetime.combine(day, OPENS, BEIJING) - now).total_seconds())
        yield stage


def _client(channel: str, mock: MockServer) -> ChannelClient:
    kind = next(cast for cast in CASTS if cast.name == channel)
    return ChannelClient(open_channel(channel, kind.configuration(mock.keys, mock.base_url)), timeout=5)


def rules(stage: Stage) -> dict[str, int]:
    """Put the three policies in force, each proposed by one person and agreed to by another; return the versions."""
    routing = RoutingPolicy.model_validate(_document("routing"))
    funding = FundingPolicy.model_validate(_document("funding"))
    terms = _document("reconciliation")
    for account in terms["accounts"].values():
        account["since"] = stage.day
    return {
        "routing": _in_force(PolicyBook(stage.journal, "routing", RoutingPolicy), routing),
        "funding": _in_force(stage.funding.policies, funding),
        "reconciliation": _in_force(stage.reconciliation.policies, ReconciliationPolicy.model_validate(terms)),
    }


def _in_force(book: PolicyBook[P], policy: P) -> int:
    proposed = book.propose(policy, who=MAKER, why="开业 / opening")
    return book.put_in_force(proposed.number, who=CHECKER).number


def _document(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
