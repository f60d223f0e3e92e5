"""The routing policy: which accounts there are, what each is open for and when, and in which order each merchant uses them.

People write it as TOML; limits, hours and orders of preference are data and never constants. Amounts are minor units (fen),
times of day Beijing time.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, ValidationError, model_validator

from payment_channels.business.calendar import BusinessCalendar
from payment_channels.business.routing.terms import KINDS, Days, HealthTerms, Kind, Maintenance, Name, Rate, Terms
from payment_channels.model.record import Record, refusal
from payment_channels.model.refusals import ConfigurationError


class Account(Record):
    """A channel account: the funding path that it stands for, and what it is open for; what is left out it does not do."""

    path: Name
    payment: Terms | None = None
    payout: Terms | None = None
    maintenance: tuple[Maintenance, ...] = ()
    rate: Rate | None = None
    health: HealthTerms | None = None

    def terms(self, kind: Kind) -> Terms | None:
        """Return the account's own conditions."""
        return self.payment if kind == "payment" else self.payout


class Choice(Record):
    """An account in a list of preference, and when it is meant. ``sub_merchant`` is the merchant's number at that channel."""

    account: Name
    when: Terms = Terms()
    sub_merchant: str | None = None


class Preferences(Record):
    """Whom to ask in which order, by operation; an operation that is left out is decided one level below.

    ``fail_over`` false keeps an order at its first account. Nothing here can allow more than the result of an order does.
    """

    payment: tuple[Choice, ...] | None = None
    payout: tuple[Choice, ...] | None = None
    fail_over: bool | None = None

    def choices(self, kind: Kind) -> tuple[Choice, ...] | None:
        """Return the list for an operation."""
        return self.payment if kind == "payment" else self.payout


class Group(Preferences):
    """A class of merchants: the funding paths that it is permitted."""

    paths: frozenset[Name]


class Merchant(Preferences):
    """One merchant: his class, and what he prefers over it."""

    group: Name


class Defaults(Preferences):
    """What goes where neither merchant nor group say otherwise. ``group`` is that of merchants who are not listed."""

    group: Name | None = None


class RoutingPolicy(Record):
    """All that routing goes by. ``attempts`` bounds how many accounts one order may try, one after the other."""

    accounts: Mapping[Name, Account]
    groups: Mapping[Name, Group]
    merchants: Mapping[Name, Merchant] = Field(default_factory=dict)
    defaults: Defaults = Defaults()
    calendar: BusinessCalendar = BusinessCalendar()
    health: HealthTerms = HealthTerms()
    attempts: Annotated[int, Field(ge=1, le=9, strict=True)] = 3

    @model_validator(mode="after")
    def _whole(self) -> Self:
        faults = [*self._unknown_names(), *self._paths(), *self._lists(), *self._days()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Read a policy from TOML, or from JSON as ``route show`` writes it.

        Raises:
            ConfigurationError: it cannot be read, or something in it is wrong; each fault is named.
        """
        try:
            text = path.read_text(encoding="utf-8-sig")
            content = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except FileNotFoundError:
            raise ConfigurationError.because(
                f"没有文件 {path}；请检查路径",
                f"there is no file {path}: look at the path",
                field=str(path),
            ) from None
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise ConfigurationError.because(
                f"{path} 无法读取：{error}", f"{path} cannot be read: {error}", field=str(path)
            ) from error
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise refusal(path.name, error, ConfigurationError) from None

    def health_of(self, account: str) -> HealthTerms:
        """Return when an account is switched off."""
        own = self.accounts[account].health if account in self.accounts else None
        return own or self.health

    def group_of(self, merchant: str) -> str | None:
        """Return a merchant's class; None for one who is not listed, where there is no default."""
        return self.merchants[merchant].group if merchant in self.merchants else self.defaults.group

    def levels(self, merchant: str) -> Iterator[tuple[str, Preferences]]:
        """Give what speaks of a merchant, the nearest first."""
        if merchant in self.merchants:
            yield "merchant", self.merchants[merchant]
        group = self.group_of(merchant)
        if group is not None:
            yield "group", self.groups[group]
        yield "defaults", self.defaults

    def choices(self, merchant: str, kind: Kind) -> tuple[str, tuple[Choice, ...]]:
        """Return the list that holds for a merchant, and the level that it comes from."""
        for level, preferences in self.levels(merchant):
            found = preferences.choices(kind)
            if found is not None:
                return level, found
        return "none", ()

    def may_fail_over(self, merchant: str) -> bool:
        """Say whether this merchant's orders may go on to another account, where their result allows it."""
        said = [level.fail_over for _, level in self.levels(merchant) if level.fail_over is not None]
        return said[0] if said else True

    def _everybody(self) -> Iterator[tuple[str, Preferences]]:
        yield "defaults", self.defaults
        yield from ((f"groups.{name}", group) for name, group in self.groups.items())
        yield from ((f"merchants.{name}", merchant) for name, merchant in self.merchants.items())

    def _unknown_names(self) -> Iterator[str]:
        asked = {f"merchants.{name}.group": merchant.group for name, merchant in self.merchants.items()}
        if self.defaults.group is not None:
            asked["defaults.group"] = self.defaults.group
        for place, group in asked.items():
            if group not in self.groups:
                yield f"{place}: there is no group {group}; there are: {', '.join(sorted(self.groups)) or 'none'} (没有此类别)"

    def _paths(self) -> Iterator[str]:
        there = {account.path for account in self.accounts.values()}
        permitted = {path for group in self.groups.values() for path in group.paths}
        for name, group in self.groups.items():
            for path in sorted(group.paths - there):
                yield f"groups.{name}.paths: no account has the funding path {path} (没有账户是此资金路径)"
        for name, account in self.accounts.items():
            if account.path not in permitted:
                yield f"accounts.{name}.path: no group is permitted the funding path {account.path} (没有类别可用此资金路径)"

    def _lists(self) -> Iterator[str]:
        for place, preferences in self._everybody():
            for kind in KINDS:
                listed = [choice.account for choice in preferences.choices(kind) or ()]
                for name in sorted({name for name in listed if name not in self.accounts}):
                    yield f"{place}.{kind}: there is no account {name} (没有此账户)"
                for name in sorted({name for name in listed if name in self.accounts}):
                    if self.accounts[name].terms(kind) is None:
                        yield f"{place}.{kind}: the account {name} is not open for {kind} (此账户不做该项)"

    def _days(self) -> Iterator[str]:
        if self.calendar.years:
            return
        for place, terms in self._all_terms():
            if any(window.days is not Days.EVERY_DAY for window in terms.hours):
                yield (
                    f"{place}.hours: workdays are asked for, and [calendar] lists no year: write years, holidays and workdays "
                    "(用到工作日，须在 [calendar] 写明年份、节假日与调休)"
                )

    def _all_terms(self) -> Iterator[tuple[str, Terms]]:
        for name, account in self.accounts.items():
            for kind in KINDS:
                terms = account.terms(kind)
                if terms is not None:
                    yield f"accounts.{name}.{kind}", terms
        for place, preferences in self._everybody():
            for kind in KINDS:
                for choice in preferences.choices(kind) or ():
                    yield f"{place}.{kind}.{choice.account}.when", choice.when
