"""What an adapter reads off a reply: codes, facts, and whether they can be believed. It makes no outcome of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from payment_channels.model.results import Facts


class Authenticity(StrEnum):
    """Whose words these are."""

    VERIFIED = "verified"
    UNSIGNED_AS_DOCUMENTED = "unsigned_as_documented"  # the channel's page says that this kind of answer has no signature
    TRUSTED_LINE = "trusted_line"  # the protocol has no signature; the configuration names the line whose words count
    NOT_VERIFIED = "not_verified"


@dataclass(slots=True, kw_only=True)  # not frozen: every call makes one, and its twenty fields would cost twice as much
class Reading:
    """One reply, read. Only ``settle`` makes a result of it.

    ``operation`` is the catalogue's (``pay.native``), ``where`` names the field that ``code`` stood in. ``reason`` is a
    second (where, code) that explains the first. ``foreign`` says in a few words that the reply names another merchant or
    application than ours; ``sub_merchant`` is whom a service provider's reply speaks of. ``finding`` is a canonical code
    of the SDK's own for an answer that was believed and then found wanting (a bill that contradicts itself). ``lines``
    are the readings of a batch's lines by their ``merchant_order_id``. ``provisional`` says in a few words why a failure
    that the channel reports may still turn into a success (a payer may try again until the order expires).
    ``handed_over`` marks what was made for the payer without anything being sent. ``fields`` are further fields of the
    verb's result (balances, bill rows), used only when the reply is believed.
    """

    operation: str
    where: str = ""
    code: str = ""
    sub_code: str | None = None
    message: str = ""
    http_status: int | None = None
    request_id: str | None = None
    reason: tuple[str, str] | None = None
    authenticity: Authenticity = Authenticity.NOT_VERIFIED
    readable: bool = True
    foreign: str = ""
    sub_merchant: str | None = None
    finding: str = ""
    provisional: str = ""
    handed_over: bool = False
    retry_after: int | None = None
    facts: Facts | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, "Reading"] = field(default_factory=dict)
    note: str = ""

    @classmethod
    def unreadable(cls, operation: str, *, http_status: int | None, request_id: str | None = None, note: str = "") -> Self:
        """Say that the reply makes no sense: not the promised form, or something missing that decides."""
        return cls(operation=operation, http_status=http_status, request_id=request_id, readable=False, note=note)
