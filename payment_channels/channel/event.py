"""What a notification tells: events, each settled against the order it speaks of, and the answer to give back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from payment_channels.channel.ending import Ending, Trail
from payment_channels.channel.reading import Reading
from payment_channels.channel.settle import settle
from payment_channels.channel.verbs import Verb
from payment_channels.model.incoming import Acknowledgement, EventKind, Problem, Verdict
from payment_channels.model.queries import PaymentQuery, PayoutQuery, RefundQuery
from payment_channels.model.results import Facts, PaymentResult, PayoutResult, RefundResult

_VERBS = {PaymentQuery: Verb.QUERY, RefundQuery: Verb.QUERY_REFUND, PayoutQuery: Verb.QUERY_PAYOUT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a channel told us. It has no outcome of its own: compare it with the order first.

    ``facts`` are the channel's claims; ``against`` makes a result of them.
    """

    channel: str
    kind: EventKind
    notification_id: str
    happened_at: datetime | None
    received_at: datetime
    reading: Reading = field(repr=False)
    payable_for: timedelta | None = None

    @property
    def facts(self) -> Facts | None:
        """What the channel claims: ids, amounts, times."""
        return self.reading.facts

    def against(self, asked: PaymentQuery | RefundQuery | PayoutQuery) -> PaymentResult | RefundResult | PayoutResult:
        """Settle the event against an order of ours: the ids, the amount and the currency must agree.

        The same rule as for a query: what differs is ``unknown``, and so is a state that nobody has mapped.
        """
        trail = Trail(left=True, answered_at=self.received_at)
        result = settle(
            Ending(
                channel=self.channel,
                verb=_VERBS[type(asked)],
                asked=asked,
                trail=trail,
                reading=self.reading,
                payable_for=self.payable_for,
            )
        )
        assert isinstance(result, PaymentResult | RefundResult | PayoutResult)  # noqa: S101  the table of verbs says so
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What became of an incoming message. Send ``acknowledgement`` back only after the events are stored.

    ``events`` is empty unless the verdict is ``accepted`` or ``repeated``; ``problem`` says why it was refused.
    """

    verdict: Verdict
    events: tuple[Event, ...]
    acknowledgement: Acknowledgement
    problem: Problem | None = None
