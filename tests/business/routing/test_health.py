"""An account is switched off by what counts against its channel, comes back by good answers, and people have the last word."""

from datetime import timedelta
from typing import Any

import pytest

from payment_channels import InvalidRequestError, Outcome, Verb
from payment_channels.business.routing import NoRouteError, RoutingPolicy
from payment_channels.business.routing.health import Position, Standing, Switches
from payment_channels.business.routing.terms import HealthTerms
from payment_channels.journal import Journal
from tests.business.routing.at_work import UNREACHABLE, Wires, failed, in_force, paid, payout, policy
from tests.business.ticking import Ticking
from tests.journal.scripted import told

TERMS = {"window": 60, "least": 4, "share": 50, "rest": 30, "probes": 2, "every": 1}
LOST = told(Verb.PAYOUT, Outcome.UNKNOWN, "REPLY_LOST")
OF_A = {"group": "ordinary", "payout": [{"account": "a"}]}
HEALTH = HealthTerms(**TERMS)


@pytest.fixture
def wires(journal: Journal) -> Wires:
    in_force(journal, policy(health=TERMS, defaults=OF_A))
    wires = Wires(journal)
    wires.say("a", paid())
    return wires


class Day:
    """Payouts one after the other, a second apart."""

    def __init__(self, wires: Wires, clock: Ticking) -> None:
        self.wires, self.clock, self.desk, self.number = wires, clock, wires.desk(), 0

    def pay(self, *answers: Any) -> list[str]:
        """Give an order for each answer; return what each came to."""
        came = []
        for answer in answers:
            self.number += 1
            self.wires.say("a", answer)
            self.clock.move(timedelta(seconds=1))
            try:
                came.append(self.desk.payout("tea", payout(f"order{self.number:04}")).outcome.value)
            except NoRouteError as error:
                came.append(error.decision.reasons_of("a")[0].code)
            except type(UNREACHABLE):
                came.append("unreachable")
        return came


@pytest.fixture
def day(wires: Wires, clock: Ticking) -> Day:
    return Day(wires, clock)


def test_bad_answers_switch_an_account_off_and_the_row_says_how_many(day: Day, journal: Journal) -> None:
    assert day.pay(LOST, paid(), LOST, paid(), paid()) == ["unknown", "succeeded", "unknown", "succeeded", "SWITCHED_OFF"]
    (row,) = Switches(journal).history("a")
    assert (row.position, row.who, row.why) == (Position.TRIPPED, "automatic", "2/4 bad in 60 s")


def test_a_channel_that_cannot_be_reached_counts_against_it(day: Day) -> None:
    assert day.pay(*[UNREACHABLE] * 5) == ["unreachable"] * 4 + ["SWITCHED_OFF"]


def test_what_is_the_payees_or_the_merchants_fault_does_not(day: Day) -> None:
    wrong = failed(canonical="PAYEE_ACCOUNT_WRONG", failover=False)
    assert day.pay(*[wrong] * 8) == ["failed"] * 8


def test_too_few_answers_switch_nothing_off(day: Day, journal: Journal) -> None:
    day.pay(LOST, LOST, LOST)
    assert Switches(journal).look("a", HEALTH) is None


def test_too_small_a_share_switches_nothing_off(day: Day) -> None:
    assert "SWITCHED_OFF" not in day.pay(paid(), paid(), paid(), LOST, LOST, paid(), LOST, paid())


def test_old_answers_are_forgotten(day: Day, clock: Ticking) -> None:
    day.pay(LOST, LOST, LOST)
    clock.move(timedelta(seconds=61))
    assert day.pay(LOST, paid(), paid(), paid()) == ["unknown", "succeeded", "succeeded", "succeeded"]


def test_after_its_rest_a_few_orders_probe_it_and_good_answers_bring_it_back(day: Day, clock: Ticking, journal: Journal) -> None:
    day.pay(*[LOST] * 4, paid())
    clock.move(timedelta(seconds=30))
    assert Switches(journal).health("a", HEALTH).standing is Standing.PROBING
    assert day.pay(paid(), told(Verb.PAYOUT, Outcome.PENDING), paid()) == ["succeeded", "pending", "succeeded"]
    assert [one.position for one in Switches(journal).history("a")] == [Position.RETURNED, Position.TRIPPED]


def test_a_bad_probe_switches_it_off_again(day: Day, clock: Ticking, journal: Journal) -> None:
    day.pay(*[LOST] * 4, paid())
    clock.move(timedelta(seconds=30))
    assert day.pay(LOST, paid()) == ["unknown", "SWITCHED_OFF"]
    assert [one.position for one in Switches(journal).history("a")] == [Position.TRIPPED, Position.TRIPPED]


def test_no_more_probes_than_the_policy_says_are_let_through(day: Day, clock: Ticking) -> None:
    day.pay(*[LOST] * 4, paid())
    clock.move(timedelta(seconds=30))
    for number in (1, 2):  # assigned, and still on their way
        day.desk._giving.first(("tea", "payout", f"probe{number:04}"), payout(f"probe{number:04}"), {}, None)
    assert day.pay(paid()) == ["PROBING"]


def test_by_hand_it_is_off_until_somebody_says_otherwise_and_says_who(day: Day, journal: Journal, clock: Ticking) -> None:
    switches = Switches(journal)
    switches.switch("a", Position.OFF, who="Wang", why="the bank called")
    assert day.pay(paid()) == ["SWITCHED_OFF"]
    clock.move(timedelta(days=1))
    with pytest.raises(NoRouteError, match=r"off by Wang since 03-05 .* Beijing time: the bank called"):
        day.desk.payout("tea", payout("order9999"))
    switches.switch("a", Position.AUTO, who="Wang", why="mended")
    assert day.pay(paid()) == ["succeeded"]


def test_by_hand_it_is_on_whatever_its_answers_are(day: Day, journal: Journal) -> None:
    Switches(journal).switch("a", Position.ON, who="Wang", why="a drill")
    assert day.pay(*[LOST] * 6) == ["unknown"] * 6


@pytest.mark.parametrize(("position", "who", "why"), [("off", " ", "x"), ("off", "Wang", ""), ("tripped", "Wang", "x")])
def test_a_switch_needs_a_name_a_reason_and_a_position(journal: Journal, position: str, who: str, why: str) -> None:
    in_force(journal, policy())
    Wires(journal).desk()
    with pytest.raises(InvalidRequestError):
        Switches(journal).switch("a", Position(position), who=who, why=why)
    assert Switches(journal).history() == []


def test_an_account_takes_no_more_orders_than_its_rate(journal: Journal, clock: Ticking) -> None:
    limited = policy(defaults=OF_A).model_dump()
    limited["accounts"]["a"]["rate"] = {"orders": 2, "seconds": 10}
    in_force(journal, RoutingPolicy.model_validate(limited))
    wires = Wires(journal)
    wires.say("a", paid())
    day = Day(wires, clock)
    assert day.pay(paid(), paid(), paid()) == ["succeeded", "succeeded", "AT_ITS_RATE"]
    clock.move(timedelta(seconds=8))
    assert day.pay(paid(), paid(), paid()) == ["succeeded", "succeeded", "AT_ITS_RATE"]
