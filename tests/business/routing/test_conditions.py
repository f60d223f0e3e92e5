"""Each condition by itself: at its edge, just beyond it, and where the order does not say."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from payment_channels import CorporateAccount, Money, PaymentOrder, PayoutOrder, PersonalAccount, Wallet, manifest
from payment_channels.business.calendar import BEIJING, BusinessCalendar
from payment_channels.business.routing.conditions import against, of_the_account, of_the_channel
from payment_channels.business.routing.decision import Question
from payment_channels.business.routing.policy import Account
from payment_channels.business.routing.terms import Terms

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=BEIJING)  # a Thursday
CALENDAR = BusinessCalendar(
    years=frozenset({2026}), holidays=frozenset({date(2026, 3, 9)}), workdays=frozenset({date(2026, 3, 8)})
)


def asked(**facts: Any) -> Question:
    return Question.model_validate({"merchant": "tea", "kind": "payout", "amount": Money(10_000)} | facts)


def told(terms: dict[str, Any], at: datetime = NOON, **facts: Any) -> list[str]:
    """The codes of what speaks against it."""
    return [reason.code for reason in against(Terms.model_validate(terms), asked(**facts), at, CALENDAR)]


BANK = {"party": "corporate_account", "bank_code": "0102", "bank_name": "工商银行", "cnaps_code": "102100099996"}


@pytest.mark.parametrize(
    ("terms", "facts", "codes"),
    [
        ({"at_least": 10_000, "at_most": 10_000}, {}, []),
        ({"at_least": 10_001}, {}, ["BELOW_BAND"]),
        ({"at_most": 9_999}, {}, ["ABOVE_BAND"]),
        ({}, {"amount": Money(1, "USD")}, ["CURRENCY"]),
        ({"currencies": {"USD"}}, {"amount": Money(1, "USD")}, []),
        ({"parties": {"corporate_account"}}, {"party": "corporate_account"}, []),
        ({"parties": {"corporate_account"}}, {"party": "personal_account"}, ["PARTY"]),
        ({"parties": {"corporate_account"}}, {}, ["PARTY"]),
        ({"banks": {"0102"}}, BANK, []),
        ({"banks": {"工商银行"}}, BANK, []),
        ({"banks": {"102"}}, BANK, []),
        ({"banks": {"10210009999"}}, BANK, []),
        ({"banks": {"103"}}, BANK, ["BANK"]),
        ({"banks": {"工商"}}, BANK, ["BANK"]),
        ({"banks": {"0102"}}, {}, ["BANK"]),
        ({"except_banks": {"102"}}, BANK, ["BANK_EXCEPTED"]),
        ({"except_banks": {"103"}}, BANK, []),
        ({"cards": {"debit_card"}}, {"party": "personal_account", "card": "credit_card"}, ["CARD"]),
        ({"cards": {"debit_card"}}, {"party": "personal_account", "card": "debit_card"}, []),
        ({"cards": {"debit_card"}}, {"party": "corporate_account"}, []),
        ({"wallets": {"user_id"}}, {"party": "wallet", "wallet": "open_id"}, ["WALLET"]),
        ({"wallets": {"user_id"}}, {"party": "personal_account"}, []),
        ({"products": {"native"}}, {"kind": "payment", "product": "jsapi"}, ["PRODUCT"]),
        ({"products": {"native"}}, {"kind": "payment", "product": "native"}, []),
        ({"speeds": {"next_day"}}, {"speed": "real_time"}, ["SPEED"]),
        ({"speeds": {"next_day"}}, {}, []),
        ({"labels": {"wallet": {"wechat"}}}, {"labels": {"wallet": "alipay"}}, ["LABEL"]),
        ({"labels": {"wallet": {"wechat"}}}, {}, ["LABEL"]),
        ({"labels": {"wallet": {"wechat"}}}, {"labels": {"wallet": "wechat", "other": "x"}}, []),
        ({"at_most": 1, "parties": {"wallet"}, "speeds": {"next_day"}}, {"speed": "same_day"}, ["ABOVE_BAND", "PARTY", "SPEED"]),
    ],
)
def test_what_an_order_must_be(terms: dict[str, Any], facts: dict[str, Any], codes: list[str]) -> None:
    assert told(terms, **facts) == codes


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of March 2026 in Beijing, told in UTC."""
    return datetime(2026, 3, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


WORKDAYS = {"hours": [{"days": "workdays", "opens": time(8, 30), "closes": time(17)}]}
HIGH_VALUE = {"hours": [{"days": "workdays", "closes": time(17, 15)}, {"days": "eves_of_workdays", "opens": time(20, 30)}]}


@pytest.mark.parametrize(
    ("terms", "moment", "open_"),
    [
        (WORKDAYS, at(5, 8, 30), True),
        (WORKDAYS, at(5, 8, 29), False),
        (WORKDAYS, at(5, 16, 59), True),
        (WORKDAYS, at(5, 17), False),
        (WORKDAYS, at(7, 12), False),  # a Saturday
        (WORKDAYS, at(8, 12), True),  # a Sunday that is worked
        (WORKDAYS, at(9, 12), False),  # a Monday that is off
        (HIGH_VALUE, at(5, 0, 5), True),
        (HIGH_VALUE, at(5, 18), False),
        (HIGH_VALUE, at(5, 20, 30), True),
        (HIGH_VALUE, at(7, 21), True),  # the eve of the worked Sunday
        (HIGH_VALUE, at(8, 21), False),
        ({"hours": [{"days": "rest_days"}]}, at(7, 23, 59), True),
        ({"hours": [{"days": "rest_days"}]}, at(6, 12), False),
    ],
)
def test_the_hours_are_beijings_and_the_days_the_calendars(terms: dict[str, Any], moment: datetime, open_: bool) -> None:
    assert told(terms, moment) == ([] if open_ else ["OUTSIDE_HOURS"])


def test_of_a_year_that_nobody_listed_nobody_says_that_it_is_open() -> None:
    assert told(WORKDAYS, datetime(2027, 1, 4, 12, tzinfo=BEIJING)) == ["CALENDAR_UNKNOWN"]
    assert told(WORKDAYS, datetime(2027, 1, 4, 3, tzinfo=BEIJING)) == ["OUTSIDE_HOURS"]
    eve = {"hours": [{"days": "eves_of_workdays"}]}
    for terms, asked_at in (
        (WORKDAYS, datetime(2027, 1, 4, 12, tzinfo=BEIJING)),
        (eve, datetime(2026, 12, 31, 12, tzinfo=BEIJING)),
    ):
        (reason,) = against(Terms.model_validate(terms), asked(), asked_at, CALENDAR)
        assert reason.en.startswith("the business calendar has no 2027,")
        assert reason.zh.startswith("业务日历没有 2027 年")


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        ({"speed": "same_day"}, ["AFTER_CUT_OFF"]),
        ({"speed": "real_time"}, ["AFTER_CUT_OFF"]),
        ({"arrives_on": date(2026, 3, 5)}, ["AFTER_CUT_OFF"]),
        ({"arrives_on": date(2026, 3, 6)}, []),
        ({"arrives_on": date(2026, 3, 4)}, ["DATE_PAST"]),
        ({"speed": "next_day"}, []),
        ({}, []),
    ],
)
def test_after_the_cut_off_nothing_arrives_the_same_day(facts: dict[str, Any], codes: list[str]) -> None:
    assert told({"cut_off": time(16, 30)}, at(5, 16, 30), **facts) == codes
    assert "AFTER_CUT_OFF" not in told({"cut_off": time(16, 30)}, at(5, 16, 29), **facts)


def test_maintenance_ends_to_the_second_and_may_be_of_one_operation() -> None:
    window = {"begins": NOON, "ends": NOON + timedelta(hours=1), "why": "渠道升级", "kinds": ["payout"]}
    account = Account.model_validate({"path": "reserve", "maintenance": [window]})
    told_at = [
        [one.code for one in of_the_account(account, asked(), NOON + timedelta(seconds=after))] for after in (-1, 0, 3599, 3600)
    ]
    assert told_at == [[], ["MAINTENANCE"], ["MAINTENANCE"], []]
    assert list(of_the_account(account, asked(kind="payment"), NOON)) == []


def test_what_a_channel_declares_it_cannot_do_speaks_against_its_account() -> None:
    unionpay = manifest("unionpay")
    assert list(of_the_channel(unionpay, asked(party="personal_account"))) == []
    (reason,) = of_the_channel(unionpay, asked(party="corporate_account"))
    assert reason.code == "CHANNEL_CANNOT"
    assert "corporate_account" in reason.zh
    assert "corporate_account" in reason.en
    assert [one.code for one in of_the_channel(unionpay, asked(amount=Money(1, "XXX")))] == ["CHANNEL_CANNOT"]


def test_a_question_knows_of_an_order_what_routing_needs_and_nobody_by_name() -> None:
    payee = PersonalAccount(account_no="6222020200112345678", name="张三", bank_code="0102", mobile="13800000000")
    order = PayoutOrder(merchant_order_id="o1", ordered_at=NOON, amount=Money(1), payee=payee, requested_date=date(2026, 3, 6))
    question = Question.of("tea", order, {"scene": "wages"})
    assert (question.party, question.card, question.bank_code) == ("personal_account", "debit_card", "0102")
    assert (question.arrives_on, question.labels) == (date(2026, 3, 6), {"scene": "wages"})
    kept = question.model_dump_json()
    for secret in ("6222", "张三", "1380"):
        assert secret not in kept
    company = CorporateAccount(account_no="1", name="茶行", cnaps_code="102100099996")
    assert Question.of("tea", order.model_copy(update={"payee": company})).cnaps_code == "102100099996"
    wallet = Wallet(wallet_id="o-1")
    assert Question.of("tea", order.model_copy(update={"payee": wallet})).wallet == "open_id"
    payment = PaymentOrder(merchant_order_id="o1", ordered_at=NOON, amount=Money(1), product="native", subject="茶")
    assert (Question.of("tea", payment).kind, Question.of("tea", payment).product) == ("payment", "native")
