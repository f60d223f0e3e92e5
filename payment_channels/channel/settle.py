"""The rule of unknown, in one place: what left this machine is never an exception, and no failure without a citation.

Adapters return readings; only ``settle`` makes results of them. In order:

1. Nothing left: what went wrong is raised.
2. No answer, an answer that makes no sense, an answer that is not verified: ``unknown``. Where a protocol has no signature,
   verified is what came over the line that the configuration names.
3. An answer about another order, merchant, amount or currency: ``unknown``, whatever it says.
4. What the catalogue says of the code or state, except that an error code in answer to a query says nothing of the
   order; that HTTP 5xx is never a failure, nor is what the adapter calls provisional; that success needs a verified
   answer and a compared amount; and that what a state ends is the very order that the answer names.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from error_codes import Meaning, own, translate
from payment_channels.channel.ending import Ending, never_left
from payment_channels.channel.making import evidence_of, made, raw_of
from payment_channels.channel.reading import Authenticity, Reading
from payment_channels.channel.trusted_line import came_over
from payment_channels.channel.verbs import RULES, Rule, Verb
from payment_channels.channel.wire import TransportFailure
from payment_channels.model.bills import BillStatus
from payment_channels.model.money import Money
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.results import BillResult, Outcome, PayoutBatchResult, Phase, Result

SERVER_ERROR = 500
NOT_FOUND = frozenset({"ORDER_NOT_FOUND", "REFUND_NOT_FOUND", "PAYOUT_NOT_FOUND"})
_BELIEVED = frozenset({Authenticity.VERIFIED, Authenticity.TRUSTED_LINE})
_BELIEVED_ONLY_IF_VERIFIED = frozenset({Outcome.SUCCEEDED, Outcome.RETURNED, Outcome.REVERSED})
_ENDS_BY_STATE = frozenset({Outcome.FAILED, Outcome.REVERSED})
_ENDS = _ENDS_BY_STATE | {Outcome.SUCCEEDED, Outcome.RETURNED}
_BILL_STATUS = {
    "BILL_EMPTY": BillStatus.EMPTY,
    "BILL_NOT_READY": BillStatus.NOT_READY,
    "BILL_INCONSISTENT": BillStatus.INCONSISTENT,
}
_PHASES = {str(phase): phase for phase in Phase}
_COMPARED = ("merchant_order_id", "merchant_refund_id", "channel_order_id", "merchant_batch_id")
_LINE_OF = {Verb.PAYOUT_BATCH: Verb.PAYOUT, Verb.QUERY_PAYOUT_BATCH: Verb.QUERY_PAYOUT}
_INHERITED = frozenset({Outcome.FAILED, Outcome.PENDING})
BORNE_OUT_BY = {
    Outcome.FAILED: frozenset({Outcome.FAILED}),
    Outcome.SUCCEEDED: frozenset({Outcome.SUCCEEDED, Outcome.RETURNED, Outcome.REVERSED}),
}
"""Which outcomes of its lines a batch's own outcome needs, all of them."""


@dataclass(slots=True)
class _Judgement:
    outcome: Outcome
    meaning: Meaning
    reason: Meaning | None = None
    believed: bool = False
    note: str = field(default="")


def settle(ending: Ending) -> Result:
    """Make the result of an exchange.

    Raises:
        PaymentChannelError: nothing left this machine; the error says why.
    """
    handed_over = ending.reading is not None and ending.reading.handed_over
    if not ending.trail.left and not handed_over:
        raise _nothing_left(ending)
    try:
        weighed = _weighed(ending)
        return _result(weighed, _judge(weighed, RULES[ending.verb]))
    except Exception as defect:  # noqa: BLE001  something left: even our own mistake may not become an exception
        return _result(_without_reading(ending, defect), _defect(ending, defect))


def _weighed(ending: Ending) -> Ending:
    """An adapter may only say that its protocol has no signature; whether the line was the trusted one is found here."""
    reading = ending.reading
    if reading is None or reading.authenticity is not Authenticity.TRUSTED_LINE:
        return ending
    if came_over(ending.trusted_line, ending.trail.call):
        return ending
    elsewhere = "the answer did not come over the line that the configuration names"
    return replace(ending, reading=replace(reading, authenticity=Authenticity.NOT_VERIFIED, note=elsewhere))


def _result(ending: Ending, judged: _Judgement) -> Result:
    reading = ending.reading or Reading(operation=ending.operation or ending.verb)
    kind = RULES[ending.verb].result
    told = vars(reading.facts) if judged.believed and reading.facts is not None else {}
    known = _fields_of(kind)
    shown = told if told.keys() <= known else {name: value for name, value in told.items() if name in known}
    further: Mapping[str, Any] = reading.fields if judged.believed else {}
    if kind is BillResult and "status" not in further:
        further = {"status": _BILL_STATUS.get(judged.meaning.canonical, BillStatus.UNKNOWN)}
    if kind is PayoutBatchResult:
        judged, lines = _batch(ending, reading, judged)
        further = {**further, "lines": lines}
    phase = judged.meaning.phase if judged.outcome is judged.meaning.effect else None
    fields = {
        "channel": ending.channel,
        "operation": reading.operation,
        "outcome": judged.outcome,
        "phase": _PHASES[phase] if phase else None,
        "meaning": judged.meaning,
        "reason": judged.reason,
        "raw": raw_of(reading),
        "evidence": evidence_of(ending, reading, judged.note),
        "retry_after": reading.retry_after if reading.retry_after is not None else judged.meaning.retry_after,
        "not_found_conclusive_after": _conclusive_after(ending, judged.meaning),
        **shown,
        **further,
    }
    return made(kind, fields, reading, checked=not further and fields.keys() == known)


def _batch(ending: Ending, reading: Reading, judged: _Judgement) -> tuple[_Judgement, tuple[Result, ...]]:
    """Settle the lines, and hold what the message says of them all against what each says of itself.

    Whoever hears that a batch failed sends it once more, and whoever hears that it succeeded asks no more: neither is said
    while a line says otherwise, or leaves it open.
    """
    lines = tuple(_named_line(ending, reading, judged, line) for line in ending.asked.lines)
    borne_out = BORNE_OUT_BY.get(judged.outcome)
    if borne_out is None or all(line.outcome in borne_out for line in lines):
        return judged, lines
    where = {"channel": ending.channel, "operation": reading.operation}
    zh, en = "（整批的结果与明细不符）", "(what it says of the batch is not what it says of every line)"
    found = own("REPLY_MISMATCH", detail_zh=zh, detail_en=en, **where)
    judged = _Judgement(Outcome.UNKNOWN, found, believed=judged.believed, note=en)
    return judged, tuple(_named_line(ending, reading, judged, line) for line in ending.asked.lines)


def _named_line(ending: Ending, reading: Reading, judged: _Judgement, line: PayoutOrder) -> Result:
    """Which line a result is of, we know ourselves: it is named even where the reply says nothing that is believed."""
    return _line(ending, reading, judged, line).model_copy(update={"merchant_order_id": line.merchant_order_id})


def _line(ending: Ending, reading: Reading, judged: _Judgement, line: PayoutOrder) -> Result:
    """Settle one line of a batch by the same rule. What the reply does not tell of it, the message's own outcome decides.

    A message that failed or is being worked on says the same of each line in it; one that is processed and leaves a line out
    says nothing of that line.
    """
    asked = replace(ending, verb=_LINE_OF[ending.verb], asked=line, payable_for=None)
    told = reading.lines.get(line.merchant_order_id) if judged.believed else None
    if told is not None:
        # Whose words these are, and under which status they came, was found of the message and not of its parts.
        return settle(replace(asked, reading=replace(told, authenticity=reading.authenticity, http_status=reading.http_status)))
    plain = replace(asked, reading=replace(reading, facts=None, fields={}, lines={}))
    if not judged.believed or judged.outcome in _INHERITED:
        return _result(plain, replace(judged, believed=False))
    silent = ("（应答没有这一笔）", "(the reply does not tell of this line)")
    found = own("REPLY_MISMATCH", channel=ending.channel, operation=reading.operation, detail_zh=silent[0], detail_en=silent[1])
    return _result(plain, _Judgement(Outcome.UNKNOWN, found, note=silent[1]))


@cache
def _fields_of(kind: type[Result]) -> frozenset[str]:
    return frozenset(kind.model_fields)


def _without_reading(ending: Ending, defect: Exception) -> Ending:
    return replace(ending, reading=None, error=defect)


def _defect(ending: Ending, defect: Exception) -> _Judgement:
    meaning = own("SDK_DEFECT", channel=ending.channel, operation=ending.operation or str(ending.verb))
    return _Judgement(Outcome.UNKNOWN, meaning, note=_place(defect))


def _place(defect: Exception) -> str:
    """Name a defect by its class and the line that raised it, never by its text: that may hold what came in."""
    frame = defect.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    if frame is None:
        return type(defect).__name__
    code = frame.tb_frame.f_code
    return f"{type(defect).__name__} in {Path(code.co_filename).name}, line {frame.tb_lineno} ({code.co_name})"


def _nothing_left(ending: Ending) -> Exception:
    """Return what is to be raised when no request that counts has left."""
    if isinstance(ending.error, TransportFailure):
        return never_left(ending.error)
    if ending.error is not None:
        return ending.error
    return RuntimeError(f"{ending.channel}.{ending.verb} returned a reading without sending anything")


def _judge(ending: Ending, rule: Rule) -> _Judgement:
    reading = ending.reading
    if reading is None:
        return _without_answer(ending)
    where = {"channel": ending.channel, "operation": reading.operation}
    if not reading.readable:
        server = reading.http_status is not None and reading.http_status >= SERVER_ERROR
        return _Judgement(
            Outcome.UNKNOWN, own("CHANNEL_SERVER_ERROR" if server else "REPLY_UNREADABLE", **where), note=reading.note
        )
    if reading.authenticity is Authenticity.NOT_VERIFIED:
        return _Judgement(Outcome.UNKNOWN, own("REPLY_NOT_VERIFIED", **where), note=reading.note)
    if reading.finding:
        detail = {"detail_zh": f"（{reading.note}）", "detail_en": f"({reading.note})"} if reading.note else {}
        return _Judgement(Outcome.UNKNOWN, own(reading.finding, **where, **detail), note=reading.note)
    differs = _difference(rule, ending.asked, reading)
    if differs is not None:
        code, zh, en = differs
        return _Judgement(Outcome.UNKNOWN, own(code, detail_zh=zh, detail_en=en, **where), note=en)
    return _by_catalogue(ending, rule, reading)


def _without_answer(ending: Ending) -> _Judgement:
    """Something may have left and no reading came of it: lost on the way, or our own defect. Never a failure."""
    if isinstance(ending.error, TransportFailure):
        lost = own("REPLY_LOST", channel=ending.channel, operation=ending.operation or str(ending.verb))
        return _Judgement(Outcome.UNKNOWN, lost, note=ending.error.reason)
    return _defect(ending, ending.error or RuntimeError("no reading"))


def _by_catalogue(ending: Ending, rule: Rule, reading: Reading) -> _Judgement:
    meaning = translate(
        ending.channel,
        reading.operation,
        where=reading.where,
        code=reading.code,
        sub_code=reading.sub_code,
        http=reading.http_status,
    )
    reason = None
    if reading.reason is not None:
        reason = translate(ending.channel, reading.operation, where=reading.reason[0], code=reading.reason[1])
        reason = None if reason.kind == "unmapped" else reason
    outcome = meaning.effect
    server_error = reading.http_status is not None and reading.http_status >= SERVER_ERROR
    if meaning.kind == "unmapped" and server_error:
        meaning = own("CHANNEL_SERVER_ERROR", channel=ending.channel, operation=reading.operation)
    if rule.about_another and meaning.kind == "code":
        outcome = Outcome.UNKNOWN
    doubtful = meaning.checked == "assumed" or bool(reading.provisional)
    if server_error or (outcome is Outcome.FAILED and doubtful):
        outcome = Outcome.UNKNOWN
    if outcome in _BELIEVED_ONLY_IF_VERIFIED and reading.authenticity not in _BELIEVED:
        return _Judgement(Outcome.UNKNOWN, own("REPLY_NOT_VERIFIED", channel=ending.channel, operation=reading.operation))
    silent = _silence(ending.asked, reading, outcome, state=meaning.kind == "state") if rule.needs_amount else None
    if silent is not None:
        code, zh, en = silent
        found = own(code, channel=ending.channel, operation=reading.operation, detail_zh=zh, detail_en=en)
        return _Judgement(Outcome.UNKNOWN, found, note=en)
    return _Judgement(outcome, meaning, reason, believed=True, note=reading.note or reading.provisional)


def _silence(asked: Any, reading: Reading, outcome: Outcome, *, state: bool) -> tuple[str, str, str] | None:
    """Success is believed only of an answer that names the very order and states the amount; say what it leaves out.

    A return has to name the order: some channels no longer state the amount of what came back. What is stated was compared.
    So has a failure or a reversal that is a ``state``: a signed answer that names no order could be any order's, given again.
    An error code answers the request itself, and most channels name nothing with it.
    """
    if outcome not in _ENDS or (outcome in _ENDS_BY_STATE and not state):
        return None
    if outcome is Outcome.SUCCEEDED and _amount_of(reading) is None:
        return "AMOUNT_MISMATCH", "（应答没有给出金额）", "(the reply does not state the amount)"
    told = vars(reading.facts) if reading.facts is not None else {}
    refund = _expected_id(asked, "merchant_refund_id")
    names = ("merchant_refund_id",) if refund else ("merchant_order_id", "channel_order_id")
    if not any(told.get(name) is not None and told.get(name) == _expected_id(asked, name) for name in names):
        return "REPLY_MISMATCH", "（应答没有指明是哪一笔）", "(the reply does not name the order)"
    return None


def _amount_of(reading: Reading) -> Money | None:
    return reading.facts.amounts.order if reading.facts is not None else None


def _difference(rule: Rule, asked: Any, reading: Reading) -> tuple[str, str, str] | None:
    """Compare the reply with what was asked; return (canonical code, zh, en) of the first difference."""
    if reading.foreign:
        return "REPLY_MISMATCH", f"（{reading.foreign}）", f"({reading.foreign})"
    if reading.sub_merchant is not None and reading.sub_merchant != vars(asked).get("sub_merchant"):
        # Order numbers are each sub-merchant's own: the same number and amount of another one is another order.
        return "REPLY_MISMATCH", "（sub_merchant 不一致）", "(sub_merchant differs)"
    if reading.facts is not None and not isinstance(reading.facts, rule.facts):
        return "REPLY_MISMATCH", "（应答说的是另一类交易）", "(the reply is about another kind of transaction)"
    if reading.lines and not reading.lines.keys() <= {line.merchant_order_id for line in vars(asked).get("lines", ())}:
        return "REPLY_MISMATCH", "（应答中有不属于本批的明细）", "(the reply tells of a line that is not in the batch)"
    claimed = vars(reading.facts) if reading.facts is not None else {}
    for name in _COMPARED:
        told = claimed.get(name)
        if told is not None and (wanted := _expected_id(asked, name)) is not None and told != wanted:
            return "REPLY_MISMATCH", f"（{name} 不一致）", f"({name} differs)"
    told_amount, wanted_amount = _amount_of(reading), vars(asked).get("amount")
    if told_amount is not None and wanted_amount is not None and told_amount != wanted_amount:
        told_text, wanted_text = (f"{money.amount} {money.currency}" for money in (told_amount, wanted_amount))
        return (
            "AMOUNT_MISMATCH",
            f"（订单 {wanted_text}，应答 {told_text}）",
            f"(ordered {wanted_text}, the reply says {told_text})",
        )
    return None


def _expected_id(asked: Any, name: str) -> str | None:
    """A refund's own ids stand on it, its payment's in ``original``; everything else carries its ids itself."""
    held = vars(asked)
    own_id: str | None = held.get(name)
    if own_id or (original := held.get("original")) is None:
        return own_id or None
    behind: str | None = vars(original).get(name)
    return behind


def _conclusive_after(ending: Ending, meaning: Meaning) -> datetime | None:
    """From when on a repeated "not found" may be believed: the quiet period since it was sent, and the time the payer still has.

    Unknown (None) where the channel documents no quiet period, or the query does not say when the order was made.
    """
    if meaning.canonical not in NOT_FOUND or meaning.quiet_period is None:
        return None
    ordered_at, sent_at, expires_at = (vars(ending.asked).get(name) for name in ("ordered_at", "last_sent_at", "expires_at"))
    if ordered_at is None:
        return None
    last_chance: datetime = max(ordered_at, sent_at or ordered_at)
    if ending.verb is Verb.QUERY:
        if expires_at is None and ending.payable_for is None:
            return None
        last_chance = max(last_chance, expires_at or last_chance + (ending.payable_for or timedelta()))
    return last_chance + timedelta(seconds=meaning.quiet_period)
