"""Conditions as a policy states them: amount bands, parties, banks, speeds, hours, cut-offs, maintenance, rates and health."""

from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from payment_channels.business.calendar import TimeOfDay
from payment_channels.model.orders import Speed
from payment_channels.model.parties import AccountKind, WalletIdKind
from payment_channels.model.record import Moment, Record

Kind = Literal["payment", "payout"]
KINDS: tuple[Kind, ...] = ("payment", "payout")
PartyKind = Literal["personal_account", "corporate_account", "wallet", "payment_code"]
Amount = Annotated[int, Field(ge=0, strict=True)]
Count = Annotated[int, Field(ge=1, strict=True)]
Seconds = Annotated[int, Field(ge=1, le=366 * 24 * 3600, strict=True)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Days(StrEnum):
    """Which days a window opens on."""

    EVERY_DAY = "every_day"
    WORKDAYS = "workdays"
    REST_DAYS = "rest_days"
    EVES_OF_WORKDAYS = "eves_of_workdays"  # as the high-value rail opens in the evening before


class Hours(Record):
    """A window of the day, Beijing time; without ``closes`` it ends at midnight."""

    days: Days = Days.EVERY_DAY
    opens: TimeOfDay = time(0)
    closes: TimeOfDay | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes is not None and self.closes <= self.opens:
            reason = "closes must be after opens; what spans midnight is two windows"
            raise ValueError(reason)
        return self


class Terms(Record):
    """Conditions that an order must meet, each left out where anything goes. ``labels`` are the core's own words of an order."""

    at_least: Amount | None = None
    at_most: Amount | None = None
    currencies: frozenset[str] = frozenset({"CNY"})
    parties: frozenset[PartyKind] | None = None
    banks: frozenset[Name] | None = None  # a bank's code or name, or what its 联行号 begins with
    except_banks: frozenset[Name] = frozenset()
    cards: frozenset[AccountKind] | None = None
    wallets: frozenset[WalletIdKind] | None = None
    products: frozenset[Name] | None = None
    speeds: frozenset[Speed] | None = None
    labels: Mapping[Name, frozenset[str]] = Field(default_factory=dict)
    hours: tuple[Hours, ...] = ()
    cut_off: TimeOfDay | None = None  # at it and afterwards, what must arrive the same day is not taken

    @model_validator(mode="after")
    def _a_band(self) -> Self:
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            reason = "at_most is below at_least, so no amount fits"
            raise ValueError(reason)
        return self


class Maintenance(Record):
    """A time during which an account takes nothing; the times carry their zone."""

    begins: Moment
    ends: Moment
    why: str
    kinds: frozenset[Kind] = frozenset({"payment", "payout"})

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends <= self.begins:
            reason = "ends must be after begins"
            raise ValueError(reason)
        return self


class Rate(Record):
    """At most so many new orders in so many seconds, over all processes."""

    orders: Count
    seconds: Seconds = 1


class HealthTerms(Record):
    """When an account is switched off by itself, and how it comes back. All times are seconds.

    Off: of at least ``least`` orders that were answered within ``window``, ``share`` percent or more have an answer that counts
    against the channel. After ``rest``, at most ``probes`` orders are let through in each ``rest``: one bad answer switches it
    off again, as many good ones switch it on. Each process looks at most once in ``every``.
    """

    window: Seconds = 300
    least: Count = 10
    share: Annotated[int, Field(ge=1, le=100, strict=True)] = 50
    rest: Seconds = 120
    probes: Count = 3
    every: Seconds = 5
