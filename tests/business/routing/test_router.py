"""The router: the first of the nearest list that nothing speaks against, and of every other account why not."""

from datetime import timedelta
from typing import Any

import pytest

from payment_channels import ConfigurationError, Money, manifest
from payment_channels.business.funding import Funding
from payment_channels.business.routing import NoRouteError, Question, Router, RoutingPolicy
from payment_channels.business.routing.replay import replay
from payment_channels.journal import Journal
from tests.business.routing.at_work import Wires, in_force, paid, payout, policy
from tests.business.ticking import Ticking


def asked(merchant: str = "tea", fen: int = 12345, **facts: Any) -> Question:
    return Question.model_validate({"merchant": merchant, "kind": "payout", "amount": Money(fen)} | facts)


def why(decision: Any) -> dict[str, list[str]]:
    return {one.account: [reason.code for reason in one.reasons] for one in decision.considered}


def two_paths(**changes: Any) -> RoutingPolicy:
    """Account a stands for the reserve, b and c for the merchants' own accounts; the licensed may use the latter alone."""
    held: dict[str, Any] = {"payout": {}, "payment": {}}
    content: dict[str, Any] = {
        "accounts": {"a": held | {"path": "reserve"}, "b": held | {"path": "own"}, "c": held | {"path": "own"}},
        "groups": {"ordinary": {"paths": ["reserve", "own"]}, "licensed": {"paths": ["own"]}},
        "merchants": {"bank": {"group": "licensed"}, "rice": {"group": "ordinary", "payout": [{"account": "c"}]}},
        "defaults": {"payout": [{"account": "a"}, {"account": "b"}], "group": "ordinary"},
    }
    return policy(**content | changes)


def test_each_merchant_has_his_own_order_and_funding_path(journal: Journal) -> None:
    in_force(journal, two_paths())
    router = Router(journal)
    decided = {name: router.decide(asked(name)) for name in ("tea", "bank", "rice")}
    assert {name: (one.account, one.level, one.group) for name, one in decided.items()} == {
        "tea": ("a", "defaults", "ordinary"),
        "bank": ("b", "defaults", "licensed"),
        "rice": ("c", "merchant", "ordinary"),
    }
    assert why(decided["bank"]) == {"a": ["PATH"], "b": [], "c": ["NOT_LISTED"]}
    assert why(decided["rice"]) == {"c": [], "a": ["NOT_LISTED"], "b": ["NOT_LISTED"]}
    assert all(reason.zh and reason.en for one in decided["bank"].considered for reason in one.reasons)


def test_a_merchant_without_a_group_is_served_by_nobody(journal: Journal) -> None:
    in_force(journal, two_paths(defaults={"payout": [{"account": "a"}]}))
    assert why(Router(journal).decide(asked("tea")))["a"] == ["NO_GROUP"]


def test_without_a_policy_in_force_nothing_is_decided(journal: Journal) -> None:
    with pytest.raises(ConfigurationError, match="in force"):
        Router(journal).decide(asked())


def test_the_policy_in_force_at_the_moment_decides(journal: Journal) -> None:
    in_force(journal, two_paths())
    router = Router(journal)
    assert router.decide(asked()).policy_version == 1
    in_force(journal, two_paths(defaults={"group": "ordinary", "payout": [{"account": "b"}]}))
    assert (router.decide(asked()).account, router.decide(asked()).policy_version) == ("b", 2)


def test_what_a_channel_cannot_do_counts_where_the_channel_is_known(journal: Journal) -> None:
    in_force(journal, two_paths())
    router = Router(journal, manifests={"a": manifest("unionpay")})
    assert why(router.decide(asked(party="corporate_account")))["a"] == ["CHANNEL_CANNOT"]
    assert router.decide(asked(party="corporate_account")).account == "b"


def test_an_account_without_the_merchants_money_is_passed_over_and_payments_need_none(journal: Journal) -> None:
    in_force(
        journal,
        two_paths(defaults={"group": "ordinary", **{k: [{"account": "a"}, {"account": "b"}] for k in ("payout", "payment")}}),
    )
    funding = Funding(journal)
    funding.paid_in("tea", "a", Money(12_344), reference="1", who="Zhang")
    funding.paid_in("tea", "b", Money(12_345), reference="2", who="Zhang")
    router = Router(journal, funds=funding)
    assert why(router.decide(asked()))["a"] == ["SHORT_OF_FUNDS"]
    assert router.decide(asked()).account == "b"
    assert "0.01" in router.decide(asked()).reasons_of("a")[0].zh
    assert router.decide(asked(fen=12_344)).account == "a"
    assert router.decide(asked("rice")).account is None
    assert router.decide(asked("rice", kind="payment")).account == "a"


def test_a_desk_reserves_in_the_account_that_it_chooses_and_another_merchants_money_is_not_touched(journal: Journal) -> None:
    in_force(journal, policy())
    funding = Funding(journal)
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    funding.paid_in("tea", "b", Money(20_000), reference="1", who="Zhang")
    funding.paid_in("rice", "b", Money(20_000), reference="2", who="Zhang")
    desk = wires.desk(funds=funding)
    desk.payout("tea", payout())
    assert wires.sent() == {"b": ["order0001"]}
    books = funding.books("tea", "b")
    assert (books.spent, books.available) == (12_345, 7_655)
    with pytest.raises(NoRouteError, match="short"):
        desk.payout("tea", payout("order0002"))
    assert funding.books("rice", "b").available == 20_000


def test_a_replay_shows_what_would_have_gone_elsewhere_and_why(journal: Journal, clock: Ticking) -> None:
    in_force(journal, policy())
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    desk = wires.desk()
    for number, fen in enumerate((100, 5_000, 90_000), 1):
        desk.payout("tea", payout(f"order{number:04}", fen))
        clock.move(timedelta(minutes=1))
    orders = desk.assignments.between(clock() - timedelta(hours=1), clock())
    assert len(orders) == 3
    assert replay(policy(), orders).moved == ()
    listed = [{"account": "a", "when": {"at_most": 10_000}}, {"account": "b"}]
    found = replay(policy(defaults={"group": "ordinary", "payout": listed}), orders)
    assert (found.orders, found.flows()) == (3, {("a", "b", "CNY"): (1, 90_000)})
    assert [reason.code for reason in found.moved[0].why] == ["ABOVE_BAND"]
    cheaper = [{"account": "c"}, {"account": "a"}]
    moved = replay(policy(defaults={"group": "ordinary", "payout": cheaper}), orders).moved
    assert [(one.now.account, one.why) for one in moved] == [("c", ())] * 3
    nowhere = replay(policy(defaults={"group": "ordinary", "payment": [{"account": "a"}]}), orders)
    assert nowhere.flows() == {("a", None, "CNY"): (3, 95_100)}


def test_a_replay_takes_health_and_funds_as_they_were(journal: Journal, clock: Ticking) -> None:
    in_force(journal, policy())
    funding = Funding(journal)
    funding.paid_in("tea", "b", Money(20_000), reference="1", who="Zhang")
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    desk = wires.desk(funds=funding)
    held = desk.payout("tea", payout()).assignment
    assert held is not None
    assert held.account == "b"
    funding.paid_in("tea", "a", Money(99_999), reference="2", who="Zhang")  # since then
    assert replay(policy(), [held]).moved == ()


def test_a_replay_forgets_what_only_the_old_policy_had_against_an_account(journal: Journal) -> None:
    narrow = [{"account": "a", "when": {"at_most": 100}}, {"account": "b"}]
    in_force(journal, policy(defaults={"group": "ordinary", "payout": narrow}))
    wires = Wires(journal)
    for name in "abc":
        wires.say(name, paid())
    held = wires.desk().payout("tea", payout()).assignment
    assert held is not None
    assert [one.now.account for one in replay(policy(), [held]).moved] == ["a"]
