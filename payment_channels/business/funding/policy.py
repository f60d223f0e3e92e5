"""The policy of funding: for each channel account whether money is paid in first, and when to alarm and to stop."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from payment_channels.model.record import Request
from payment_channels.model.refusals import ConfigurationError, RefusedError

Fen = Annotated[int, Field(ge=0, strict=True)]
Name = Annotated[str, Field(min_length=1, max_length=64)]


class Mode(StrEnum):
    """Whether a channel account pays out of what was paid in."""

    FUNDS_FIRST = "funds_first"  # only what a merchant has paid in is paid out
    INSTRUCTION_FIRST = "instruction_first"  # orders are carried out on credit and covered afterwards


class AccountFunding(Request):
    """One channel account. Amounts are minor units (fen) of ``currency``.

    ``credit`` is what the channel grants all merchants of the account together before they cover it, in ``instruction_first``
    alone. ``alarm`` and ``stop``: when less than this may still be reserved in the account, all merchants together, operations
    are told, and routing sends no more. ``merchant_alarm``: the same of a single merchant. ``fee``: what the channel takes for
    each payout out of the account, reserved with it until the channel says what it took; leave it out where fees are billed
    apart.
    """

    _refusal: ClassVar[type[RefusedError]] = ConfigurationError

    mode: Mode = Mode.FUNDS_FIRST
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "CNY"
    credit: Fen = 0
    alarm: Fen | None = None
    stop: Fen | None = None
    merchant_alarm: Fen | None = None
    fee: Fen | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.credit and self.mode is Mode.FUNDS_FIRST:
            reason = "credit: an account that is funded first has none (先付资金的账户没有授信)"
            raise ValueError(reason)
        if self.alarm is not None and self.stop is not None and self.alarm < self.stop:
            reason = "alarm: it would come after stop (预警线低于停用线)"
            raise ValueError(reason)
        return self


class FundingPolicy(Request):
    """What a ``PolicyBook`` of the kind ``funding`` holds. An account that is not named is funded first, without thresholds."""

    _refusal: ClassVar[type[RefusedError]] = ConfigurationError

    accounts: Mapping[Name, AccountFunding] = Field(default_factory=dict)

    def of(self, account: str, currency: str = "CNY") -> AccountFunding:
        """Return what holds of an account in a currency; thresholds and credit are of the account's own currency alone."""
        found = self.accounts.get(account)
        if found is None or found.currency != currency:
            return AccountFunding(currency=currency)
        return found
