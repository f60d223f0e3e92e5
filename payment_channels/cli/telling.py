"""What is told of orders, events and notifications: rows of named fields, which tables show and JSON carries; all masked."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from error_codes import canonical
from error_codes.catalogue import CatalogueError
from error_codes.words import EN, ZH
from payment_channels.journal import EventRecord, Journal, NoticeRecord, OrderRecord
from payment_channels.journal.asking import verb_of
from payment_channels.journal.durable import known
from payment_channels.journal.folding import Source, State
from payment_channels.journal.looking import age, evidence
from payment_channels.model.record import AccountNumber, Masked
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import Result

Row = dict[str, Any]
KEPT = 4
SOURCES = {
    Source.OPENED: "已登记，准备发送 / begun, about to be sent",
    Source.NOT_SENT: "没有发出 / it never left",
    Source.ANSWERED: "应答 / answered",
    Source.QUERIED: "查询 / queried",
    Source.NOTIFIED: "通知 / notified",
    Source.BILLED: "账单 / billed",
    Source.DECIDED: "人工结论 / decided by people",
}
STATE_WORDS = {State.NOT_SENT.value: "未发送 / not sent"} | {
    name: f"{words} / {EN['effect'][name]}" for name, words in ZH["effect"].items()
}

ORDER_COLUMNS = {
    "account": "账户 account",
    "kind": "种类 kind",
    "merchant_id": "单号 number",
    "amount": "金额 amount",
    "state": "状态 state",
    "canonical": "统一错误码 canonical",
    "age": "历时 age",
    "looks": "已查 looks",
    "next_look": "下次查询 next look",
}
WAITING_COLUMNS = {**{name: words for name, words in ORDER_COLUMNS.items() if name != "next_look"}, "manual": "原因 why"}
STORY_COLUMNS = {
    "account": "账户 account",
    "channel": "渠道 channel",
    "kind": "种类 kind",
    "merchant_id": "商户单号 merchant id",
    "channel_order_id": "渠道单号 channel id",
    "original_id": "原单号 original",
    "amount": "金额 amount",
    "party": "收付款方 party",
    "state": "状态 state",
    "state_words": "",
    "phase": "阶段 phase",
    "canonical": "统一错误码 canonical",
    "zh": "中文",
    "en": "English",
    "raw": "渠道原始码 raw",
    "raw_message": "渠道原文 its words",
    "next_action": "下一步 next action",
    "next_action_words": "",
    "new_id_allowed": "可换新单号 new id allowed",
    "attempts": "尝试次数 attempts",
    "unresolved": "未决的尝试 unresolved attempts",
    "conflict": "矛盾 conflict",
    "manual": "转人工 manual",
    "created_at": "登记 written down",
    "changed_at": "变更 changed",
    "next_look": "下次查询 next look",
    "looks": "已查 looks",
}
EVENT_COLUMNS = {
    "number": "#",
    "at": "时间 at",
    "source_words": "来源 source",
    "attempt": "尝试 attempt",
    "outcome": "所见 outcome",
    "state": "其后 state after",
    "canonical": "统一错误码 canonical",
}
EVIDENCE_COLUMNS = {
    "titles": "　含义 meaning",
    "raw": "　渠道原始码 raw",
    "raw_message": "　渠道原文 its words",
    "evidence": "　依据 rests on",
    "request": "　请求 request",
    "http_status": "　HTTP",
    "request_id": "　请求号 request id",
    "sent_at": "　发出 sent",
    "answered_at": "　应答 answered",
    "note": "　备注 note",
    "evidence_note": "　说明",
    "problem": "　打不开 does not open",
}
NOTICE_COLUMNS = {
    "received_at": "收到 received",
    "account": "账户 account",
    "kind": "种类 kind",
    "notification_id": "通知号 notification",
    "merchant_id": "商户单号 merchant id",
    "channel_order_id": "渠道单号 channel id",
}


def order_row(journal: Journal, record: OrderRecord) -> Row:
    """Tell of an order what its row says, which no key is needed for."""
    return {
        "account": record.key.account,
        "kind": record.key.kind,
        "merchant_id": record.key.merchant_id,
        "channel": record.channel,
        "channel_order_id": record.channel_order_id,
        "original_id": record.original_id,
        "amount": record.amount,
        "state": record.state.value,
        "phase": record.phase,
        "canonical": record.canonical,
        "attempts": record.standing.attempts,
        "unresolved": sorted(record.standing.unresolved),
        "conflict": record.standing.conflict,
        "manual": record.manual,
        "created_at": record.created_at,
        "changed_at": record.changed_at,
        "next_look": record.next_at,
        "looks": record.queries,
        "age": timedelta(seconds=age(journal, record)),
    }


def story_row(journal: Journal, record: OrderRecord) -> Row:
    """Tell all that is known of an order, in both vocabularies and with its party covered."""
    row = order_row(journal, record) | {"state_words": STATE_WORDS[record.state.value], "party": None, "problem": None}
    try:
        prepared = journal.prepared_of(record)
    except ValueError as error:
        return row | {"problem": str(error)}
    return row | {"party": party(prepared.order)} | standing_row(journal, record, prepared.order)


def standing_row(journal: Journal, record: OrderRecord, order: Any) -> Row:
    """Tell what an order's state rests on: texts, the channel's own code, and what may be done next."""
    if record.state is State.NOT_SENT:
        return unsent_row(None)
    result = known(journal, verb_of(record.key.kind), order, record)
    told = {"zh": result.zh, "en": result.en, "raw": raw_code(result), "raw_message": result.raw.message or None}
    return told | _next(result.next_action.value) | {"new_id_allowed": result.new_id_allowed}


def unsent_row(trouble: PaymentChannelError | None) -> Row:
    """Tell of an order that never left, and why, where a reason is known: under its own number it may be sent."""
    if trouble is None:
        return {"zh": "没有发出，可以发送", "en": "it never left: it may be sent"} | _next("retry_same_id")
    return {"canonical": trouble.canonical, "zh": trouble.zh, "en": trouble.en} | _next("retry_same_id")


def _next(action: str) -> Row:
    words = f"{ZH['next_action'][action]} / {EN['next_action'][action]}"
    return {"next_action": action, "next_action_words": words, "new_id_allowed": False}


def raw_code(result: Result) -> str | None:
    """Write the channel's own code as the journal does: where it stood, the code, the sub-code."""
    return " ".join(part for part in (result.raw.where, result.raw.code, result.raw.sub_code) if part) or None


def covered(value: str | None, keep: int = KEPT) -> str | None:
    """Cover an account number or an id of a person but for its end."""
    return Masked(keep=keep).cover(value) if value is not None else None


def party(order: Any) -> str | None:
    """Tell whom an order is about: kind and number, the number covered; a name is not shown."""
    held = vars(order)
    someone = held.get("payee") or held.get("payer")
    if someone is None:
        return None
    fields = vars(someone)
    number: AccountNumber | None = fields.get("account_no") or fields.get("wallet_id")
    bank = fields.get("bank_name") or fields.get("bank_code")
    return " ".join(part for part in (someone.kind, covered(number), bank) if part)


def event_row(journal: Journal, record: OrderRecord, event: EventRecord) -> Row:
    """Tell of one event: what it says in both vocabularies, and the evidence, without the answer's body."""
    row: Row = {
        "at": event.at,
        "source": event.source.value,
        "source_words": SOURCES[event.source],
        # What follows from another order covers every attempt and is about none: its number is above all of them.
        "attempt": event.attempt if event.attempt <= record.standing.attempts else None,
        "outcome": event.outcome.value,
        "canonical": event.canonical,
        "raw": event.raw,
        "state": event.state.value,
        "conflict": event.conflict,
        "note": event.note,
    }
    if event.canonical is not None:
        row |= texts(event.canonical)
    try:
        result = evidence(journal, record.key, event)
    except ValueError as error:
        row["problem"] = str(error)
    else:
        row |= evidence_row(result) if result is not None else {}
    return row


def texts(code: str) -> Row:
    """Tell a canonical code's titles."""
    try:
        entry = canonical(code)
    except CatalogueError:  # written by a later version
        return {}
    return {"titles": f"{entry.title_zh} / {entry.title_en}"}


def evidence_row(result: Result) -> Row:
    """Tell what an answer rests on. An address is told without its query, in which some channels put the whole order."""
    held = result.evidence
    where = urlsplit(held.url)
    return {
        "raw_message": result.raw.message or None,
        "evidence": held.kind.value,
        "sent_at": held.sent_at,
        "answered_at": held.answered_at,
        "request": f"{held.method} {where.scheme}://{where.netloc}{where.path}" if held.url else None,
        "http_status": held.http_status,
        "request_id": held.request_id,
        "answer_bytes": len(held.body),
        "evidence_note": held.note or None,
    }


def notice_row(notice: NoticeRecord) -> Row:
    """Tell of a notification that speaks of no order of ours."""
    return {name: getattr(notice, name) for name in NOTICE_COLUMNS}


def secrets_of(journal: Journal, record: OrderRecord) -> tuple[str, ...]:
    """Return what names the people of an order: a channel's own words may repeat it."""
    try:
        order = vars(journal.prepared_of(record).order)
    except ValueError:
        return ()
    named = [order.get("debit_account")]
    for someone in (order.get("payee"), order.get("payer")):
        held = vars(someone) if someone is not None else {}
        named += [held.get(name) for name in ("account_no", "name", "id_no", "mobile", "wallet_id", "code")]
    return tuple(sorted((text for text in named if text), key=len, reverse=True))


def scrubbed(row: Row, secrets: tuple[str, ...]) -> Row:
    """Cover what names people wherever a text of the row repeats it."""
    return {name: _scrub(value, secrets) if isinstance(value, str) else value for name, value in row.items()}


def _scrub(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = text.replace(secret, covered(secret) or "***")
    return text
