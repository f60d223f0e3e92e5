"""A client that does what a test says, instead of a channel: what comes back, and what happens meanwhile."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from error_codes import own
from payment_channels.channel import RULES, Capability, Channel, Manifest, Resend, Verb
from payment_channels.model.prepared import Prepared
from payment_channels.model.results import Evidence, EvidenceKind, Outcome, RawCode, Result

Answer = Result | Exception | Callable[[], Any]
CODES = {
    Outcome.UNKNOWN: "REPLY_LOST",
    Outcome.PENDING: "PAYOUT_PROCESSING",
    Outcome.SUCCEEDED: "PAYOUT_SUCCEEDED",
    Outcome.FAILED: "PAYOUT_FAILED",
    Outcome.REVERSED: "PAYMENT_REVERSED",
    Outcome.RETURNED: "PAYOUT_RETURNED",
}


def told(verb: Verb, outcome: Outcome, canonical: str | None = None, *, quiet: int | None = None, **fields: Any) -> Result:
    """The result of a verb, as a channel's answer would have been settled."""
    meaning = replace(own(canonical or CODES[outcome]), quiet_period=quiet)
    return RULES[verb].result(
        channel="scripted",
        operation=str(verb),
        outcome=outcome,
        meaning=meaning,
        raw=RawCode(where="code", code=outcome.value),
        evidence=Evidence(kind=EvidenceKind.ANSWERED, body=b"\x00\xff{}"),
        **fields,
    )


def not_found(verb: Verb, *, conclusive: datetime, quiet: int = 60) -> Result:
    """A query that found nothing, with the channel's quiet period."""
    return told(verb, Outcome.UNKNOWN, "PAYOUT_NOT_FOUND", quiet=quiet, not_found_conclusive_after=conclusive)


def manifest(**capabilities: Capability) -> Manifest:
    """A channel that can do everything, and may be sent the same order again."""
    able = {verb: Capability(resend=Resend.SAME_CONTENT) for verb in Verb}
    able |= {Verb(name): capability for name, capability in capabilities.items()}
    return Manifest(name="scripted", title_zh="脚本", title_en="Scripted", capabilities=able, open=Channel, configuration=Channel)


@dataclass
class Scripted:
    """Stands where a ``ChannelClient`` stands. ``answers`` are given by verb, in order; the last one is repeated."""

    answers: dict[Verb, list[Answer]] = field(default_factory=dict)
    abilities: Manifest = field(default_factory=manifest)
    timeout: float = 5.0
    sent: list[tuple[Verb, Any]] = field(default_factory=list)
    unprepared: Exception | None = None

    def __post_init__(self) -> None:
        self.channel: Channel = type("ScriptedChannel", (Channel,), {"manifest": self.abilities})()

    def prepare(self, order: Any, *, timeout: float | None = None) -> Prepared:
        if self.unprepared is not None:
            raise self.unprepared
        return Prepared(channel="scripted", order=order, prepared_at=datetime.now(UTC))

    def __getattr__(self, name: str) -> Any:
        if name not in set(Verb):
            raise AttributeError(name)
        return lambda asked, *, timeout=None: self._answer(Verb(name), asked)

    def _answer(self, verb: Verb, asked: Any) -> Any:
        self.sent.append((verb, asked))
        waiting = self.answers[verb]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if callable(answer):
            answer = answer()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def count(self, verb: Verb) -> int:
        """How often a verb was sent."""
        return [one for one, _ in self.sent].count(verb)
