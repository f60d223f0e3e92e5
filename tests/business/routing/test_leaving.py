"""An account leaves the policy, or is switched off: what it has stays its own, and nothing of it is sent elsewhere for that."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from payment_channels import CancelOrder, CloseOrder, Money, OriginalPayment, Outcome, Verb
from payment_channels.business.desk import Desk
from payment_channels.business.routing import RoutingPolicy
from payment_channels.business.routing.health import Position
from payment_channels.journal import Journal
from tests.business.routing.at_work import Wires, in_force, payout, policy
from tests.business.routing.test_originals import NOON, payment, refund, wires
from tests.business.ticking import Ticking
from tests.journal.scripted import told

__all__ = ["wires"]
Leaving = Callable[[Desk, Journal], Any]


def removed(_: Desk, journal: Journal) -> None:
    """The policy does not know the account a any more."""
    everything: dict[str, Any] = {"path": "reserve", "payout": {}, "payment": {}}
    choices = [{"account": name} for name in "bc"]
    content = {
        "accounts": dict.fromkeys("bc", everything),
        "groups": {"ordinary": {"paths": ["reserve"]}},
        "defaults": {"group": "ordinary", "payout": choices, "payment": choices},
    }
    in_force(journal, RoutingPolicy.model_validate(content))


def unlisted(_: Desk, journal: Journal) -> None:
    """No list names the account a any more, nor any other."""
    in_force(journal, policy(defaults={"group": "ordinary"}))


def switched_off(desk: Desk, _: Journal) -> None:
    desk.router.switches.switch("a", Position.OFF, who="Wang", why="it leaves us")


WAYS = [removed, unlisted, switched_off]


@pytest.mark.parametrize("outcome", [Outcome.UNKNOWN, Outcome.PENDING])
@pytest.mark.parametrize("leave", WAYS)
def test_an_open_payout_stays_there_and_is_asked_after_there(
    wires: Wires, journal: Journal, clock: Ticking, leave: Leaving, outcome: Outcome
) -> None:
    wires.say("a", told(Verb.PAYOUT, outcome))
    wires.say("a", told(Verb.QUERY_PAYOUT, outcome), verb=Verb.QUERY_PAYOUT)
    desk = wires.desk()
    assert desk.payout("tea", payout()).outcome is outcome
    leave(desk, journal)
    clock.move(timedelta(hours=1))
    assert desk.payout("tea", payout()).outcome is outcome
    assert desk.query_payout("tea", "order0001").outcome is outcome
    assert desk.carry_on() == []
    assert wires.sent() == {"a": ["order0001"]}
    wires.say("a", told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED), verb=Verb.QUERY_PAYOUT)
    found = desk.query_payout("tea", "order0001")
    assert found.assignment is not None
    assert (found.outcome, found.assignment.account) == (Outcome.SUCCEEDED, "a")
    assert set(wires.sent()) == {"a"}


@pytest.mark.parametrize("leave", WAYS)
def test_all_that_follows_a_payment_still_goes_there(wires: Wires, journal: Journal, leave: Leaving) -> None:
    desk = wires.desk()
    assert desk.pay("tea", payment()).outcome is Outcome.SUCCEEDED
    leave(desk, journal)
    desk.query("tea", "order0001")
    desk.refund("tea", refund())
    desk.query_refund("tea", "refund0001", order_id="order0001")
    desk.close("tea", CloseOrder(merchant_order_id="order0001"))
    original = OriginalPayment(merchant_order_id="order0001", amount=Money(1280))
    desk.cancel("tea", CancelOrder(ordered_at=NOON, original=original))
    verbs = [verb for verb, _ in wires.channels["a"].sent]
    assert verbs == [Verb.PAY, Verb.QUERY, Verb.REFUND, Verb.QUERY_REFUND, Verb.CLOSE, Verb.CANCEL]
    assert [name for name, wire in wires.channels.items() if wire.sent] == ["a"]
