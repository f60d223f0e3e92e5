"""Explain one raw code to a person or to a core in another language: what happened, and what may be done next."""

from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any

from error_codes.catalogue import Catalogue, CatalogueError
from error_codes.model import QUERIES, VERBS, WITHOUT_ORDER, Effect, Meaning, NextAction, Row
from error_codes.publish import UNMAPPED, outward_of, texts_of
from error_codes.translate import ANY_CODE, Translator

SAYS_NOTHING_ZH = "查询被拒绝不说明订单本身的结果。"
SAYS_NOTHING_EN = "A refusal of a query says nothing of the order itself."
DIFFERS_ZH = "各产品含义不同，先确认是哪个产品；下面只列出所有产品都成立的部分。"
DIFFERS_EN = "It differs by product: find out which product it was. Only what holds for all of them is said here."
PASSING_ZH = "订单到期前这只是中间结果：付款人还可能再次支付，结果未知，到期后再查。"
PASSING_EN = "Before the order's expiry this is not final: the payer may try again, the outcome is unknown; query after it."
DEPENDS = ("因操作而异", "it depends on the operation")
AGREED = ("canonical", "outcome", "next_action", "new_id_allowed")
OF_ONE_CODE = (
    "category",
    "fault",
    "actor",
    "severity",
    "disclosure",
    "iso20022",
    "field39",
    "checked",
    "basis",
    "source",
)
"""What a canonical code and a row say of themselves alone."""
CLAIMS_LEAST = {"unknown": 0, "pending": 1}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: a raw code as the channel wrote it, with as much as is known of where it stood.

    A sub-code may be given in place of the code where it says by itself what happened.
    """

    channel: str
    operation: str
    code: str
    sub_code: str | None = None
    http: int | None = None
    where: str | None = None


def explain(question: Question, translator: Translator) -> list[Meaning]:
    """Return the meaning, or several where a bare verb's products disagree. A code nobody knows is explained as unmapped.

    Raises:
        CatalogueError: the channel has no table, or there is no such operation: a word that was mistyped would be answered
            with "unmapped", which looks like an answer.
    """
    _check_operation(question, translator.catalogue)
    question = _with_code(question, translator)
    first = _ask(question, question.operation, translator)
    if first.kind != "unmapped" and _named(question, translator):
        return [first]
    below = sorted(
        {
            operation
            for row in _speaking(question, translator)
            for operation in row.operations
            if operation.startswith(question.operation + ".")
        }
    )
    found = [meaning for meaning in (_ask(question, operation, translator) for operation in below) if meaning.kind != "unmapped"]
    return found or [first]


def operations_of(channel: str, catalogue: Catalogue) -> list[str]:
    """Return the operations that may be asked about: every verb, and what the channel's table tells apart below one.

    Raises:
        CatalogueError: the channel has no table.
    """
    named = {operation for row in catalogue.rows(channel) for operation in row.operations}
    return sorted((VERBS | named) - {"*"})


def _check_operation(question: Question, catalogue: Catalogue) -> None:
    """A product may be asked about under any verb: it can be queried and cancelled, whether or not a row tells it apart there."""
    known = operations_of(question.channel, catalogue)
    below = {operation.partition(".")[2] for operation in known}
    verb, _, product = question.operation.partition(".")
    if verb not in VERBS or product not in below or question.operation.endswith("."):
        raise CatalogueError(
            f"没有操作 {question.operation}；there is no operation {question.operation}；可用 there are: {', '.join(known)}"
        )


def _with_code(question: Question, translator: Translator) -> Question:
    """Put a sub-code that was given alone into its place, under the code of the rows that know it."""
    rows = translator.catalogue.rows(question.channel)
    if question.sub_code is not None or any(row.code == question.code for row in rows):
        return question
    knowing = [row for row in rows if row.sub_code == question.code]
    own = [row for row in knowing if any(_same_verb(question.operation, operation) for operation in row.operations)]
    found = next(iter(own or knowing), None)
    return replace(question, code=found.code, sub_code=question.code) if found else question


def _same_verb(asked: str, covered: str) -> bool:
    return covered == asked or covered.startswith(asked + ".") or asked.startswith(covered + ".")


def _speaking(question: Question, translator: Translator) -> list[Row]:
    """Return the rows that speak of what is asked: of the sub-code where one was given, else of the code."""
    rows = [row for row in translator.catalogue.rows(question.channel) if row.code in {question.code, ANY_CODE}]
    of_sub_code = [row for row in rows if question.sub_code and row.sub_code == question.sub_code]
    return of_sub_code or [row for row in rows if row.code == question.code]


def _named(question: Question, translator: Translator) -> bool:
    """Whether a row speaks of the operation itself; a row for every operation says less than those of the products."""
    return any(
        question.operation == own or question.operation.startswith(own + ".")
        for row in _speaking(question, translator)
        for own in row.operations
    )


def _ask(question: Question, operation: str, translator: Translator) -> Meaning:
    """Without a ``where``, try the fields that the channel's rows name for this code: error codes before states."""
    wheres = [question.where] if question.where else _wheres(question, translator)
    answers = [
        translator.translate(question.channel, operation, where=where, code=question.code, sub_code=question.sub_code, http=http)
        for where in wheres
        for http in _statuses(question, operation, translator)
    ]
    return next((answer for answer in answers if answer.kind != "unmapped"), answers[0])


def _wheres(question: Question, translator: Translator) -> list[str]:
    return list(dict.fromkeys(row.where for row in _speaking(question, translator))) or ["code"]


def _statuses(question: Question, operation: str, translator: Translator) -> list[int | None]:
    """Without a status, try those that the operation's own rows name, before a row for every status and every operation."""
    if question.http is not None:
        return [question.http]
    named = {
        http
        for row in _speaking(question, translator)
        if any(operation == own or operation.startswith(own + ".") for own in row.operations)
        for http in row.http
    }
    return [*sorted(named), None]


def _known(question: Question, translator: Translator) -> dict[str, list[str]]:
    """Say of a code that is unmapped here which operations, fields and statuses of the channel have it, if any."""
    rows = _speaking(_with_code(question, translator), translator)
    return {
        "known_for": sorted({operation for row in rows for operation in row.operations}),
        "known_in": sorted({row.where for row in rows}),
        "known_http": [str(http) for http in sorted({http for row in rows for http in row.http})],
    }


def as_data(question: Question, meanings: list[Meaning], translator: Translator) -> dict[str, Any]:
    """Return the explanation as plain data; ``alternatives`` lists the products where a bare verb's products disagree.

    Of a code that is unmapped, ``known_for``, ``known_in`` and ``known_http`` say which operations, fields and statuses of the
    channel have it: another code of the same name, and no answer to what was asked.
    """
    each = [_data(meaning, translator) for meaning in meanings]
    if meanings[0].kind == "unmapped":
        return each[0] | _known(question, translator)
    data = dict(min(each, key=lambda one: CLAIMS_LEAST.get(one["outcome"], len(CLAIMS_LEAST))))
    if len(meanings) > 1 or meanings[0].operation != question.operation:
        data["operation"] = question.operation
        data["products"] = [meaning.operation for meaning in meanings]
        data["alternatives"] = []
        if any(one[name] != each[0][name] for one in each for name in AGREED):
            data |= {**_no_more_than_all(data, each, translator), "alternatives": each}
    return data


def _no_more_than_all(data: dict[str, Any], each: list[dict[str, Any]], translator: Translator) -> dict[str, Any]:
    """Where products disagree, the headline says no more than every one of them: nobody acts on another product's answer."""
    same = all(one["outcome"] == each[0]["outcome"] for one in each)
    outcome = Effect(each[0]["outcome"]) if same else Effect.UNKNOWN
    one_action = same and all(one["next_action"] == each[0]["next_action"] for one in each)
    return {
        "outcome": str(outcome),
        "next_action": each[0]["next_action"] if one_action else str(NextAction.QUERY_THEN_DECIDE),
        "new_id_allowed": all(one["new_id_allowed"] for one in each),
        "failover": all(one["failover"] for one in each),
        "provisional": any(one["provisional"] for one in each),
        "phase": each[0]["phase"] if all(one["phase"] == each[0]["phase"] for one in each) else None,
        "zh": DIFFERS_ZH,
        "en": DIFFERS_EN,
        **(
            _told(data["canonical"], outcome, translator)
            if _same(each, "canonical")
            else _only_the_same(each, outcome, translator)
        ),
    }


def _same(each: list[dict[str, Any]], name: str) -> bool:
    return all(one[name] == each[0][name] for one in each)


def _only_the_same(each: list[dict[str, Any]], outcome: Effect, translator: Translator) -> dict[str, Any]:
    """Where even the canonical codes differ, none is named: what is not the same everywhere is None."""
    alike = {name: each[0][name] if _same(each, name) else None for name in OF_ONE_CODE}
    shown = translator.catalogue.canonical(UNMAPPED)
    differing = {"merchant_zh": DIFFERS_ZH, "merchant_en": DIFFERS_EN, "operator_zh": DIFFERS_ZH, "operator_en": DIFFERS_EN}
    texts = {"payer_zh": shown.payer_zh, "payer_en": shown.payer_en, **differing}
    outward = each[0]["outward"] if outcome is not Effect.UNKNOWN and _same(each, "outward") else None
    return {
        **alike,
        "canonical": None,
        "title_zh": DEPENDS[0],
        "title_en": DEPENDS[1],
        "texts": {
            name: each[0]["texts"][name] if outward and _same([one["texts"] for one in each], name) else text
            for name, text in texts.items()
        },
        "outward": outward or asdict(outward_of(translator.catalogue, UNMAPPED, Effect.UNKNOWN)),
    }


def _told(code: str, outcome: Effect | None, translator: Translator) -> dict[str, Any]:
    return {
        "texts": asdict(texts_of(translator.catalogue, code, outcome)),
        "outward": asdict(outward_of(translator.catalogue, code, outcome)),
    }


def _data(meaning: Meaning, translator: Translator) -> dict[str, Any]:
    entry, verb = meaning.entry, meaning.operation.partition(".")[0]
    refused_query = meaning.kind == "code" and verb in QUERIES
    outcome, action, new_id, failover = meaning.effect, meaning.next_action, meaning.new_id_allowed, meaning.failover
    if refused_query:
        outcome, new_id, failover = Effect.UNKNOWN, False, False
    said = [(SAYS_NOTHING_ZH, SAYS_NOTHING_EN)] if refused_query else []
    passing = translator.catalogue.is_provisional(meaning.channel, meaning.operation, outcome)
    if passing:
        said.append((PASSING_ZH, PASSING_EN))
    return {
        "channel": meaning.channel,
        "operation": meaning.operation,
        "where": meaning.where,
        "code": meaning.code,
        "sub_code": meaning.sub_code,
        "http": meaning.http,
        "kind": meaning.kind,
        "canonical": meaning.canonical,
        "title_zh": entry.title_zh,
        "title_en": entry.title_en,
        "outcome": str(outcome),
        "next_action": str(action),
        "new_id_allowed": new_id,
        "failover": failover,
        "retry_after": meaning.retry_after,
        "quiet_period": meaning.quiet_period,
        "phase": meaning.phase if outcome is meaning.effect else None,
        "provisional": passing,
        "zh": reduce(lambda first, second: _sentences(first, "。", second[0]), said, meaning.zh),
        "en": reduce(lambda first, second: _sentences(first, ". ", second[1]), said, meaning.en),
        **_told(meaning.canonical, None if verb in WITHOUT_ORDER else outcome, translator),
        "category": str(entry.category),
        "fault": str(entry.fault),
        "actor": str(entry.actor),
        "severity": str(entry.severity),
        "disclosure": str(entry.disclosure),
        "iso20022": list(entry.iso20022),
        "field39": list(entry.field39),
        "checked": str(meaning.checked),
        "basis": str(meaning.basis),
        "source": meaning.source,
    }


def _sentences(first: str, stop: str, second: str) -> str:
    ended = first.endswith(("。", "！", "？", ".", "!", "?"))
    return f"{first.rstrip()} {second}" if ended and stop == ". " else first + ("" if ended else stop) + second
