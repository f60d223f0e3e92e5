"""How an exchange ended: what happened on the wire, and what of it can be shown later."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from payment_channels.channel.reading import Reading
from payment_channels.channel.verbs import Verb
from payment_channels.channel.wire import HttpCall, HttpReply, TransportFailure
from payment_channels.model.refusals import NotSentError


@dataclass(slots=True)
class Trail:
    """What happened on the wire during one verb. ``left``: a request that is not preparatory may have left."""

    left: bool = False
    call: HttpCall | None = None
    reply: HttpReply | None = None
    sent_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Ending:
    """How an exchange ended: with a reading or with an error.

    ``trusted_line`` is the address that the channel's configuration names as a line to believe; empty where answers are signed.
    """

    channel: str
    verb: Verb
    asked: Any
    trail: Trail
    reading: Reading | None = None
    error: Exception | None = None
    payable_for: timedelta | None = None
    operation: str = ""
    trusted_line: str = ""


def never_left(failure: TransportFailure) -> NotSentError:
    """Return the error for a request that never left.

    What led to it stays attached, without its traceback: reporters of errors print the variables of every frame, and these
    frames hold the signed request, the Authorization header and the payer's code.
    """
    raised = NotSentError.because(failure.reason)
    raised.__cause__ = failure
    behind: BaseException | None = failure
    while behind is not None:
        behind.__traceback__ = None
        behind = behind.__cause__ or behind.__context__
    return raised
