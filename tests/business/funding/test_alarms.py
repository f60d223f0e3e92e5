"""Before an account is short people are told, when it is short routing stops, and the channel's own balance is compared."""

from datetime import timedelta

import pytest

from payment_channels import ConfigurationError, InvalidRequestError, Money, Outcome
from payment_channels.business.funding import AccountFunding, AlarmKind, Books, Funding, FundingPolicy, Mode
from payment_channels.business.funding.comparing import one_of
from payment_channels.channel import Verb
from payment_channels.journal import Journal, OrderKey
from payment_channels.model.results import Balance, BalanceResult
from tests.business.funding.conftest import Sent, in_force, queried, reserve
from tests.business.ticking import Ticking
from tests.journal.scripted import told


def kinds(funding: Funding) -> list[AlarmKind]:
    return [one.kind for one in funding.alarms()]


@pytest.fixture(autouse=True)
def _money(funding: Funding) -> None:
    funding.paid_in("tea", "shop", Money(700), reference="bank-1", who="Zhang")
    funding.paid_in("rice", "shop", Money(300), reference="bank-2", who="Zhang")


def test_an_account_alarms_before_it_stops(funding: Funding, sent: Sent) -> None:
    in_force(funding, shop=AccountFunding(alarm=900, stop=600))
    assert (kinds(funding), funding.stopped("shop")) == ([], None)
    sent("payout0001", 101, Outcome.UNKNOWN)
    assert (kinds(funding), funding.stopped("shop")) == ([AlarmKind.LOW], None)
    sent("payout0002", 300, Outcome.SUCCEEDED)
    stop = funding.stopped("shop")
    assert stop is not None
    assert (kinds(funding), stop.amount, stop.limit) == ([AlarmKind.STOPPED], 599, 600)
    assert "可用 5.99 CNY，低于停用线 6.00 CNY，不再路由代付；请补足头寸" in stop.zh
    assert "has 5.99 CNY free, below the stop at 6.00 CNY" in stop.en
    assert (funding.stopped("other"), funding.stopped("shop", "USD")) == (None, None)
    funding.paid_in("tea", "shop", Money(1), reference="bank-3", who="Zhang")
    assert funding.stopped("shop") is None


def test_one_merchant_is_told_of_and_another_is_not(funding: Funding) -> None:
    in_force(funding, shop=AccountFunding(merchant_alarm=500))
    (alarm,) = funding.alarms()
    assert (alarm.kind, alarm.merchant, alarm.amount, alarm.limit) == (AlarmKind.MERCHANT_LOW, "rice", 300, 500)
    assert ("可用 3.00 CNY，低于预警线 5.00 CNY" in alarm.zh, "has 3.00 CNY in account shop" in alarm.en) == (True, True)


def test_with_credit_what_is_left_of_it_counts(funding: Funding, sent: Sent) -> None:
    in_force(funding, shop=AccountFunding(mode=Mode.INSTRUCTION_FIRST, credit=500, alarm=800, stop=300))
    sent("payout0001", 900, Outcome.SUCCEEDED)  # 200 on credit: 300 of it are left, and rice's own 300
    assert (kinds(funding), funding.available("rice", "shop")) == ([AlarmKind.LOW], 600)
    sent("payout0002", 500, Outcome.SUCCEEDED, merchant="rice")
    assert kinds(funding) == [AlarmKind.STOPPED]


def test_more_paid_than_there_was_is_told(funding: Funding, journal: Journal, sent: Sent) -> None:
    key = sent("payout0001", 700, Outcome.FAILED)
    sent("payout0002", 700, Outcome.SUCCEEDED)
    queried(journal, key, Outcome.SUCCEEDED)
    funding.follow_all()
    below, both_ways = funding.alarms()
    assert (below.kind, below.merchant, below.amount) == (AlarmKind.NEGATIVE, "tea", -700)
    assert (both_ways.kind, both_ways.merchant, both_ways.amount) == (AlarmKind.CONFLICT, "tea", 700)


def test_two_people_end_what_is_told_both_ways(funding: Funding, journal: Journal, sent: Sent) -> None:
    key = sent("payout0001", 700, Outcome.SUCCEEDED)
    queried(journal, key, Outcome.FAILED)  # a channel without a word for what came back
    funding.follow_all()
    assert kinds(funding) == [AlarmKind.CONFLICT]
    assert funding.books("tea", "shop") == Books(-700, spent=700)
    journal.decided(key, Outcome.RETURNED, who=("Zhang", "Li"), why="the bank's statement")
    funding.follow_all()
    assert (kinds(funding), funding.books("tea", "shop").residual) == ([], 700)


def test_what_was_reserved_and_never_left_is_told_after_an_hour(funding: Funding, clock: Ticking) -> None:
    reserve(funding, OrderKey("shop", "payout", "payout0001"), "tea", 100)
    assert kinds(funding) == []
    clock.move(timedelta(minutes=61))
    assert kinds(funding) == [AlarmKind.WAITING]


@pytest.mark.parametrize(("total", "difference"), [(899, -1), (900, 0), (950, 0), (1000, 0), (1001, 1)])
def test_what_is_in_flight_may_have_left_the_channels_balance_or_not(
    funding: Funding, sent: Sent, total: int, difference: int
) -> None:
    sent("payout0001", 100, Outcome.UNKNOWN)
    sent("payout0002", 200, Outcome.FAILED)
    found = funding.compare("shop", Balance(available=Money(total - 10), frozen=Money(10)))
    assert (found.least, found.most, found.difference) == (900, 1000, difference)
    assert kinds(funding) == ([AlarmKind.DIFFERENCE] if difference else [])


def test_a_channel_that_has_too_little_stops_routing_for_a_day(funding: Funding, clock: Ticking) -> None:
    in_force(funding, shop=AccountFunding(stop=500))
    funding.compare("shop", Balance(available=Money(499), total=Money(1000)))
    stop = funding.stopped("shop")
    assert stop is not None
    assert stop.amount == 499
    clock.move(timedelta(hours=24))
    assert funding.stopped("shop") is None
    funding.compare("shop", Balance(available=Money(499), total=Money(1000)))
    funding.compare("shop", Balance(available=Money(1000)))
    assert funding.stopped("shop") is None


def test_the_balance_that_is_meant_is_found_or_asked_for() -> None:
    def told_of(*numbers: str, outcome: Outcome = Outcome.SUCCEEDED) -> BalanceResult:
        balances = tuple(Balance(account=number, available=Money(5)) for number in numbers)
        result = told(Verb.BALANCE, outcome, balances=balances)
        assert isinstance(result, BalanceResult)
        return result

    assert one_of(told_of("6222001")).available == Money(5)
    assert one_of(told_of("6222001", "6222002"), number="02").account == "6222002"
    for wrong in (told_of("6222001", "6222002"), told_of(), told_of("6222001", outcome=Outcome.UNKNOWN)):
        with pytest.raises(InvalidRequestError):
            one_of(wrong)


@pytest.mark.parametrize(
    "wrong", [{"credit": 1}, {"alarm": 1, "stop": 2}, {"alarm": -1}, {"stop": 1.5}, {"mode": "later"}, {"limit": 1}]
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError):
        AccountFunding(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError):
        FundingPolicy(accounts={"shop": wrong})  # type: ignore[dict-item]
