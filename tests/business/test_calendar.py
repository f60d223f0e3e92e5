"""The business calendar: decreed holidays, worked weekends, and which day of a channel a moment belongs to."""

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from payment_channels import ConfigurationError
from payment_channels.business.calendar import BusinessCalendar, business_day
from payment_channels.business.reconciliation import AccountTerms
from payment_channels.business.routing.terms import HealthTerms, Hours, Rate, Terms
from payment_channels.model.record import Record

# 国办发明电〔2025〕7号 of 2025-11-04: 2026's National Day is off from 1 to 7 October, and Saturday 10 October is worked;
# the Mid-Autumn break is 25 to 27 September, Sunday 20 September is worked.
YEAR_2026 = BusinessCalendar(
    years=frozenset({2026}),
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)) | {date(2026, 9, day) for day in (25, 26, 27)},
    workdays=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 9, 18), True),
        (date(2026, 9, 19), False),
        (date(2026, 9, 20), True),
        (date(2026, 9, 25), False),
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 10, 10), True),
        (date(2026, 10, 11), False),
    ],
)
def test_a_decreed_day_off_and_a_worked_weekend_are_known(day: date, worked: bool) -> None:
    assert YEAR_2026.is_workday(day) is worked


def test_settlement_days_are_counted_in_workdays_or_in_days() -> None:
    friday, eve = date(2026, 9, 18), date(2026, 9, 30)
    assert YEAR_2026.after(friday, 1, workdays=True) == date(2026, 9, 20)  # the Sunday is worked
    assert YEAR_2026.after(friday, 1, workdays=False) == date(2026, 9, 19)
    assert YEAR_2026.after(eve, 1, workdays=True) == date(2026, 10, 8)
    assert YEAR_2026.after(date(2026, 10, 1), 0, workdays=True) == date(2026, 10, 8)


def test_a_year_that_nobody_listed_is_not_guessed() -> None:
    with pytest.raises(ConfigurationError, match="no 2027"):
        YEAR_2026.after(date(2026, 12, 31), 1, workdays=True)


def test_a_calendar_without_workdays_is_refused_and_ends() -> None:
    endless = BusinessCalendar(years=frozenset({2026}), holidays=frozenset(date(2026, 3, day) for day in range(1, 32)))
    with pytest.raises(ConfigurationError, match="no workday within 30 days"):
        endless.after(date(2026, 3, 1), 1, workdays=True)


def test_what_comes_at_the_cut_off_is_the_next_days() -> None:
    before, at = datetime(2026, 3, 5, 14, 59, 59, tzinfo=UTC), datetime(2026, 3, 5, 15, 0, tzinfo=UTC)
    assert (business_day(before, time(23)), business_day(at, time(23))) == (date(2026, 3, 5), date(2026, 3, 6))
    assert (business_day(before), business_day(datetime(2026, 3, 5, 16, 0, tzinfo=UTC))) == (date(2026, 3, 5), date(2026, 3, 6))


@pytest.mark.parametrize(
    ("model", "content"),
    [
        (Hours, {"opens": "10:00Z"}),
        (Hours, {"opens": "08:00", "closes": "10:00+08:00"}),
        (Terms, {"cut_off": "17:00+08:00"}),
        (AccountTerms, {"since": "2026-03-01", "cut_off": "15:00Z"}),
        (Rate, {"orders": 1, "seconds": 10**18}),
        (HealthTerms, {"rest": 10**18}),
    ],
)
def test_a_time_of_day_with_a_zone_and_seconds_beyond_all_clocks_are_refused_in_a_policy(
    model: type[Record], content: dict[str, Any]
) -> None:
    with pytest.raises((ValidationError, ConfigurationError)):
        model.model_validate(content)
