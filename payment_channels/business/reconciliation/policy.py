"""What operations say of reconciliation, as data: each account's cut-off, carry-over, fees and settlement, and the calendar.

Kept in a ``PolicyBook`` of the kind ``reconciliation``: proposed by one person, put into force by another.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, Strict, field_validator

from payment_channels.business.calendar import BEIJING, BusinessCalendar, TimeOfDay
from payment_channels.model.record import Request
from payment_channels.model.refusals import ConfigurationError, InvalidRequestError, RefusedError

Covered = Literal["payment", "refund", "payout"]
MILLION = 1_000_000
MOST = 10**17
"""Minor units that an amount or a fee is at most, as in the books of funding: what is reckoned of it fits into 64 bits."""
Fen = Annotated[int, Strict(), Field(le=MOST)]
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)
"""The days that can be reconciled: those before and after them can be reckoned too."""


def reckonable(day: date) -> date:
    """Return a day that is a business day's date.

    Raises:
        InvalidRequestError: it is no plain date, or one that no clock of ours reckons with.
    """
    if type(day) is not date or not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidRequestError.because(
            f"业务日须为 {FIRST_DAY} 至 {LAST_DAY} 之间的日期（不带时刻），不能是 {day}",
            f"a business day is a date without a time from {FIRST_DAY} to {LAST_DAY}, and not {day}",
            field="day",
        )
    return day


class FeeTerms(Request):
    """What a contract charges for one kind: a share of the amount and a fixed part.

    The share is in millionths (0.38 % is 3800), rounded half up; ``fixed``, ``at_least``, ``at_most`` and ``tolerance`` are minor
    units. ``tolerance`` is of the fee alone: principals have none.
    """

    _refusal: ClassVar[type[RefusedError]] = ConfigurationError

    millionths: Annotated[int, Strict(), Field(ge=0, le=MILLION)] = 0
    fixed: Annotated[Fen, Field(ge=0)] = 0
    at_least: Annotated[Fen, Field(ge=0)] = 0
    at_most: Annotated[Fen, Field(ge=0)] | None = None
    tolerance: Annotated[Fen, Field(ge=0)] = 0

    def of(self, amount: int) -> int:
        """Return the fee of an amount, in minor units."""
        charged = max((amount * self.millionths + MILLION // 2) // MILLION + self.fixed, self.at_least)
        return charged if self.at_most is None else min(charged, self.at_most)


class SettlementTerms(Request):
    """When what a day brought is settled, and whether the fee is taken off it.

    T+n is the n-th workday after the day (T+0 the first from it on), D+n the n-th day.
    """

    _refusal: ClassVar[type[RefusedError]] = ConfigurationError

    counted: Literal["T", "D"] = "T"
    days: Annotated[int, Strict(), Field(ge=0, le=30)] = 1
    less_fees: bool = True


class AccountTerms(Request):
    """How one channel account is reconciled.

    ``since`` is the first day that is reconciled. ``cut_off`` is Beijing time (UnionPay's is 23:00); without it the channel's day
    is the calendar day. ``carry_days``: for how many further bills an order about the cut-off is waited for; ``slack_minutes``:
    how near to the cut-off "about" is. ``covers`` says what this bill speaks of: an order of another kind is not missed in it.
    ``own_numbers`` are regular expressions: a number that none of them fits as a whole is foreign; without any, every number may
    be ours. ``charged_fee_is`` is the sign by which the channel's file writes a fee that it takes.
    """

    _refusal: ClassVar[type[RefusedError]] = ConfigurationError

    since: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
    cut_off: TimeOfDay | None = None
    carry_days: Annotated[int, Strict(), Field(ge=0, le=30)] = 1
    slack_minutes: Annotated[int, Strict(), Field(ge=0, le=720)] = 30
    covers: frozenset[Covered] = frozenset({"payment", "refund"})
    own_numbers: tuple[str, ...] = ()
    charged_fee_is: Literal["positive", "negative"] = "positive"
    fees: Mapping[Literal["payment", "refund", "payout"], FeeTerms] = Field(default_factory=dict)
    settlement: SettlementTerms | None = None
    bill_due: TimeOfDay = time(10)  # Beijing time of the next day, after which a bill that has not come is missing

    @field_validator("own_numbers")
    @classmethod
    def _patterns(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            try:
                re.compile(pattern)
            except re.error as error:
                reason = f"{pattern!r} is no regular expression (不是正则表达式): {error}"
                raise ValueError(reason) from error
        return value

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """Return when the channel's day begins and when it ends; the end belongs to the next day."""
        if self.cut_off is None:
            begins = datetime.combine(day, time(), BEIJING)
        else:
            begins = datetime.combine(day - timedelta(days=1), self.cut_off, BEIJING)
        return begins, begins + timedelta(days=1)


class ReconciliationPolicy(Request):
    """All accounts' terms, by the name that the journal has for each, and the calendar that settlement is counted by."""

    _refusal: ClassVar[type[RefusedError]] = ConfigurationError

    accounts: Mapping[str, AccountTerms]
    calendar: BusinessCalendar = BusinessCalendar()

    def terms(self, account: str) -> AccountTerms:
        """Return one account's terms.

        Raises:
            ConfigurationError: the policy does not speak of the account.
        """
        if account not in self.accounts:
            known = ", ".join(sorted(self.accounts)) or "-"
            raise ConfigurationError.because(
                f"对账策略里没有账户 {account}；已有：{known}。请在策略中写明其日切、费率与结算",
                f"the reconciliation policy has no account {account}; it has: {known}. Write its terms there",
                field="account",
            )
        return self.accounts[account]
