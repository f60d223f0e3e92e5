"""The business calendar: which days are workdays, and which day of a channel a moment belongs to. Data, never constants.

China's holidays are decreed each year, and with them weekends that are worked (调休): both are listed, and a year that is
not listed is refused where a workday is asked for, since nobody can know it.
"""

from datetime import date, datetime, time, timedelta, timezone
from typing import Annotated

from pydantic import AfterValidator, Field

from payment_channels.model.record import Record
from payment_channels.model.refusals import ConfigurationError

BEIJING = timezone(timedelta(hours=8))  # without summer time since 1991
_SATURDAY = 5
_LONGEST_BREAK = 30
"""Days. No break is as long: a calendar that says so is wrong."""


def _of_beijing(value: time) -> time:
    if value.tzinfo is not None:
        reason = "a time of day is Beijing's and is written without a zone (时刻是北京时间，不带时区)"
        raise ValueError(reason)
    return value


TimeOfDay = Annotated[time, AfterValidator(_of_beijing)]
"""A time of day in Beijing. One with a zone is refused: it could be compared with no clock, or would be read as Beijing's."""


class BusinessCalendar(Record):
    """``holidays`` are days off that are no weekend or fall on it, ``workdays`` the weekends that are worked.

    ``years`` are those of which all holidays are listed.
    """

    years: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = Field(default_factory=frozenset)

    def is_workday(self, day: date) -> bool:
        """Say whether banks settle on a day.

        Raises:
            ConfigurationError: the year is not listed.
        """
        if day.year not in self.years:
            raise ConfigurationError.because(
                f"业务日历没有 {day.year} 年；请补录该年的节假日与调休",
                f"the business calendar has no {day.year}: add its holidays and worked weekends",
                field="calendar.years",
            )
        if day in self.workdays:
            return True
        return day.weekday() < _SATURDAY and day not in self.holidays

    def after(self, day: date, days: int, *, workdays: bool) -> date:
        """Return the day that many days after (D+n), or that many workdays after (T+n; T+0 is the first workday from ``day`` on).

        Raises:
            ConfigurationError: the calendar does not reach so far, or has a break that cannot be.
        """
        if not workdays:
            return day + timedelta(days=days)
        found = self._from(day)
        for _ in range(days):
            found = self._from(found + timedelta(days=1))
        return found

    def _from(self, day: date) -> date:
        for number in range(_LONGEST_BREAK):
            if self.is_workday(day + timedelta(days=number)):
                return day + timedelta(days=number)
        raise ConfigurationError.because(
            f"业务日历自 {day} 起 {_LONGEST_BREAK} 天内没有工作日",
            f"the business calendar has no workday within {_LONGEST_BREAK} days from {day}",
            field="calendar",
        )


def business_day(moment: datetime, cut_off: time | None = None) -> date:
    """Return the day of a channel that a moment belongs to: what comes at the cut-off or after it is the next day's.

    Beijing time. Without a cut-off it is the calendar day. UnionPay cuts at 23:00.
    """
    there = moment.astimezone(BEIJING)
    late = cut_off is not None and there.time() >= cut_off
    return there.date() + timedelta(days=1 if late else 0)
