"""What comes in from a channel: a transport-neutral message, the events in it, and the answer that must go back."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from error_codes import Meaning
from payment_channels.model.record import Record


class Inbound(Record):
    """A message as it came, byte for byte: verification works on raw bytes. ``via`` names the door (http, mq, file)."""

    body: Annotated[bytes, Field(repr=False)]
    headers: Mapping[str, str] = Field(default_factory=dict, repr=False)
    via: str = "http"


class Acknowledgement(Record):
    """The exact answer that the channel expects. Give it only after the events have been stored."""

    status: int
    body: bytes
    headers: Mapping[str, str] = Field(default_factory=dict)


class EventKind(StrEnum):
    """What an event is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    PAYOUT = "payout"
    RETURN = "return"
    INCOMING_TRANSFER = "incoming_transfer"
    BALANCE_CHANGE = "balance_change"
    OTHER = "other"


class Verdict(StrEnum):
    """What became of a message."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"  # seen before under the same notification id: acknowledge, do nothing twice
    REFUSED = "refused"  # not verified, too old, unreadable, or for somebody else


class Problem(Record):
    """Why a message was refused, in both languages, with the detail that support asks for."""

    meaning: Meaning
    detail: str = ""
