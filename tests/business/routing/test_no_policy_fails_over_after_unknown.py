"""Whatever the policies, the answers and their order: an order is never sent elsewhere while it may still move where it was.

The judge knows nothing of the desk: it stands at the channels, and at every order that arrives it looks at what the others
have said of the same core order before.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payment_channels import Money, Outcome, PaymentChannelError, PayoutOrder, Verb, Wallet
from payment_channels.business.routing import RoutingPolicy
from payment_channels.business.routing.health import Position
from payment_channels.journal import Journal, KeyRing, OrderKey, SqliteStore
from tests.business.routing.at_work import UNREACHABLE, Wires, failed, in_force, policy
from tests.business.ticking import Ticking
from tests.journal.scripted import told

NAMES = "abc"
NEVER_LEFT, INVITES = "never left", "failed, and invites another channel"
# What a channel may say to an order, and what the judge makes of it.
ANSWERS: dict[str, tuple[Any, str]] = {
    "paid": (told(Verb.PAYOUT, Outcome.SUCCEEDED), "moved"),
    "pending": (told(Verb.PAYOUT, Outcome.PENDING), "may move"),
    "unknown": (told(Verb.PAYOUT, Outcome.UNKNOWN), "may move"),
    "server error": (told(Verb.PAYOUT, Outcome.UNKNOWN, "CHANNEL_SERVER_ERROR"), "may move"),
    "returned": (told(Verb.PAYOUT, Outcome.RETURNED), "moved"),
    "failed, invites": (failed(), INVITES),
    "failed": (failed(failover=False), "failed"),
    "failed, same number": (failed(new_id=False), "failed"),
    "failed, invites though unknown": (failed().model_copy(update={"outcome": Outcome.UNKNOWN}), "may move"),
    "unreachable": (UNREACHABLE, NEVER_LEFT),
}
# What may come of an order from elsewhere: a notification, a bill, two people. It may contradict all that was said before.
NEWS = {
    "paid": (Outcome.SUCCEEDED, "moved"),
    "pending": (Outcome.PENDING, "may move"),
    "unknown": (Outcome.UNKNOWN, None),
    "failed": (Outcome.FAILED, None),
    "returned": (Outcome.RETURNED, "moved"),
}


class Judge:
    """Stands at the channels. ``said`` is the last that each account said of a core order, by the order's payee."""

    def __init__(self) -> None:
        self.said: dict[str, dict[str, str]] = {}

    def arrives(self, account: str, prepared: Any, says: str) -> Any:
        payee = prepared.order.payee.wallet_id
        known = self.said.setdefault(payee, {})
        elsewhere = {name: what for name, what in known.items() if name != account}
        assert set(elsewhere.values()) <= {NEVER_LEFT, INVITES}, f"sent to {account} while {elsewhere}"
        assert known.get(account, NEVER_LEFT) == NEVER_LEFT, f"sent to {account} again after {known[account]}"
        answer, known[account] = ANSWERS[says]
        return answer

    def hears(self, account: str, payee: str, verdict: str | None) -> None:
        """News come, late perhaps: from now on the order may have moved there after all."""
        if verdict is not None:
            self.said.setdefault(payee, {})[account] = verdict

    def asked(self, account: str, payee: str, says: str) -> Any:
        """A query is answered: what it says of the order, the judge believes too."""
        answer, verdict = ANSWERS[says]
        known = self.said.setdefault(payee, {})
        if verdict != NEVER_LEFT and known.get(account) == "may move":
            known[account] = verdict
        return answer if verdict != NEVER_LEFT else told(Verb.QUERY_PAYOUT, Outcome.UNKNOWN, "REPLY_LOST")


choices = st.permutations(NAMES).flatmap(
    lambda names: st.sampled_from((3, 3, 2, 1)).map(lambda length: [{"account": name} for name in names[:length]])
)
bands = st.sampled_from(({}, {}, {}, {"at_most": 1}, {"at_least": 2}))
health = st.fixed_dictionaries(
    {"window": st.integers(1, 600), "least": st.integers(1, 9), "share": st.integers(1, 100), "rest": st.integers(1, 60)}
)


@st.composite
def policies(draw: Any) -> RoutingPolicy:
    """Any policy over these accounts: lists on every level, bands, rates, health, and what it says of failing over."""
    account = st.fixed_dictionaries(
        {"path": st.just("reserve"), "payout": bands},
        optional={"rate": st.fixed_dictionaries({"orders": st.integers(1, 5)}), "health": health},
    )
    said = st.sampled_from((True, True, True, False, None))
    preferences = st.fixed_dictionaries({"fail_over": said}, optional={"payout": choices})
    return policy(
        accounts={name: draw(account) for name in NAMES},
        groups={"ordinary": draw(preferences) | {"paths": ["reserve"]}},
        merchants={name: draw(preferences) | {"group": "ordinary"} for name in MERCHANTS},
        defaults={"payout": draw(choices)},
        attempts=draw(st.sampled_from((9, 3, 2, 1))),
        health=draw(st.one_of(st.just({}), health)),
    )


MERCHANTS = ("tea", "rice")
LIKELY = ("failed, invites", "unreachable")
says = st.lists(st.one_of(st.sampled_from(LIKELY), st.sampled_from(sorted(ANSWERS))), min_size=4, max_size=4)
places = st.tuples(st.sampled_from(("tea", "tea", "rice")), st.sampled_from((1, 1, 2)))
steps = st.one_of(
    st.tuples(st.just("payout"), places, says),
    st.tuples(st.just("payout"), places, says),
    st.tuples(st.just("payout"), places, says),
    st.tuples(st.just("query"), places, says),
    st.tuples(st.just("sweep"), says),
    st.tuples(st.just("news"), places, st.sampled_from(NAMES), st.sampled_from(sorted(NEWS))),
    st.tuples(st.just("news"), places, st.sampled_from(NAMES), st.sampled_from(sorted(NEWS))),
    st.tuples(st.just("wait"), st.sampled_from((61, 700))),
    st.tuples(st.just("policy"), policies()),
    st.tuples(st.just("switch"), st.sampled_from(NAMES), st.sampled_from(("off", "on", "auto"))),
    st.tuples(st.just("dies"), places),
)


@contextmanager
def world() -> Iterator[Any]:
    """A journal of its own, and three channels at whose doors the judge stands."""
    with TemporaryDirectory() as folder:
        clock = Ticking()
        store = SqliteStore(Path(folder) / "journal.sqlite3")
        yield World(Journal(store, KeyRing.single(bytes(32)), clock=clock), clock)
        store.close()


class World:
    def __init__(self, journal: Journal, clock: Ticking) -> None:
        self.journal, self.clock, self.judge = journal, clock, Judge()
        self.wires = Wires(journal)
        self.payout_answers = itertools.cycle(["paid"])
        self.query_answers = itertools.cycle(["unknown"])
        for name in NAMES:
            self.wires.say(name, UNREACHABLE)
            wire = self.wires.channels[name]
            wire._answer = lambda verb, asked, name=name: self._said(name, verb, asked)  # type: ignore[method-assign,misc]

    def _said(self, account: str, verb: Verb, asked: Any) -> Any:
        if verb is Verb.PAYOUT:
            answer = self.judge.arrives(account, asked, next(self.payout_answers))
        else:
            answer = self.judge.asked(account, self._payee(account, asked.merchant_order_id), next(self.query_answers))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _payee(self, account: str, number: str) -> str:
        record = self.journal.find(OrderKey(account, "payout", number))
        assert record is not None
        order: Any = self.journal.prepared_of(record).order
        return str(order.payee.wallet_id)

    def take(self, step: Any) -> None:
        match step:
            case "payout", (merchant, number), says:
                self.payout_answers = itertools.cycle(says)
                self.desk.payout(merchant, order(merchant, number))
            case "query", (merchant, number), says:
                self.payout_answers, self.query_answers = itertools.cycle(says[1:]), itertools.cycle(says[:1])
                self.desk.query_payout(merchant, f"order{number:04}")
            case "news", (merchant, number), account, news:
                for held in self.desk.assignments.of_order((merchant, "payout", f"order{number:04}")):
                    if held.account == account:
                        outcome, verdict = NEWS[news]
                        self.journal.concluded(held.key, outcome, "from elsewhere")
                        self.judge.hears(account, self._payee(account, held.number), verdict)
            case "sweep", says:
                self.payout_answers = itertools.cycle(says)
                self.desk.carry_on()
            case "policy", document:
                in_force(self.journal, document)
            case "switch", account, position:
                self.desk.router.switches.switch(account, Position(position), who="Wang", why="a test")
            case "wait", seconds:
                self.clock.move(timedelta(seconds=seconds))
            case "dies", (merchant, number):
                place = (merchant, "payout", f"order{number:04}")
                if self.desk.assignments.latest(place) is None:
                    self.desk._giving.first(place, order(merchant, number), {}, None)

    @property
    def desk(self) -> Any:
        """A new process each time."""
        return self.wires.desk()


def order(merchant: str, number: int) -> PayoutOrder:
    return PayoutOrder(
        merchant_order_id=f"order{number:04}",
        ordered_at=datetime(2026, 3, 5, tzinfo=UTC),
        amount=Money(number),
        payee=Wallet(wallet_id=f"{merchant}-{number}"),
    )


@settings(
    max_examples=100, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(first=policies(), story=st.lists(steps, min_size=6, max_size=16))
def test_an_order_is_never_sent_elsewhere_while_it_may_still_move(first: RoutingPolicy, story: list[Any]) -> None:
    with world() as there:
        in_force(there.journal, first)
        for step in story:
            there.clock.move(timedelta(seconds=1))
            with suppress(PaymentChannelError):  # nothing left; whatever left, the judge has seen
                there.take(step)


def test_the_judge_would_see_it() -> None:
    import pytest

    judge = Judge()
    from payment_channels.model.prepared import Prepared

    prepared = Prepared(channel="scripted", order=order("tea", 1), prepared_at=datetime(2026, 3, 5, tzinfo=UTC))
    judge.arrives("a", prepared, "unknown")
    with pytest.raises(AssertionError, match="sent to b"):
        judge.arrives("b", prepared, "paid")
