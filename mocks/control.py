"""What the control plane may be told: no, with a reason that helps, in Chinese and English."""

from collections.abc import Iterable, Mapping
from typing import Any

KINDS: Mapping[str, str] = {
    "order": "订单",
    "refund": "退款",
    "cancel": "撤销",
    "payout": "代付",
    "transfer": "转账",
    "agent": "代付",
    "line": "明细",
    "batch": "批次",
}


class ControlRefusedError(Exception):
    """The control plane cannot do what it was asked for; the text says what it could."""

    def __init__(self, zh: str, en: str, *, status: int = 409) -> None:
        """Hold the text in both languages, and the HTTP status."""
        super().__init__(f"{zh} / {en}")
        self.status = status


def article(word: str) -> str:
    """Return a word with its article: an order, a refund."""
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"


def no_such_things(channel: str, things: str, known: Iterable[str]) -> ControlRefusedError:
    """Say that a channel has nothing called so."""
    there = ", ".join(known)
    return ControlRefusedError(f"{channel} 没有 {things}；有：{there}", f"{channel} has no {things}; it has {there}", status=404)


def no_such_verb(things: str, verb: str, verbs: Iterable[str]) -> ControlRefusedError:
    """Say that this cannot be done with such a thing."""
    there = ", ".join(verbs)
    zh, en = f"{things} 不能 {verb}；可以：{there}", f"{things} cannot be told to {verb}; they can: {there}"
    return ControlRefusedError(zh, en, status=404)


def not_now(kind: str, state: str, event: str, possible: Iterable[str]) -> ControlRefusedError:
    """Say that an order, a refund or a payout cannot come to this in its state."""
    can = ", ".join(possible)
    zh = f"{KINDS.get(kind, kind)}处于 {state}，不能 {event}；可以：{can or '无'}"
    return ControlRefusedError(zh, f"{article(kind)} that is {state} cannot {event}; it can: {can or 'nothing'}")


def not_there(kind: str, number: str, *, field: str = "number", hint: tuple[str, str] = ("", "")) -> ControlRefusedError:
    """Say that nothing has the number, which the channel calls ``field``. ``hint``: what may lie behind it, in both languages."""
    named = "单号" if field == "number" else field
    zh = f"没有 {named} 为 {number} 的{KINDS.get(kind, kind)}；GET /_mock/books 列出现有的{hint[0]}"
    en = f"no {kind} has the {field} {number}; GET /_mock/books shows those there are{hint[1]}"
    return ControlRefusedError(zh, en, status=404)


def text_of(options: dict[str, Any], name: str) -> str | None:
    """Return an option that is a text, or None where it is not given.

    Raises:
        ControlRefusedError: it is something else.
    """
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise ControlRefusedError(f"{name} 是 {value!r}；应为文本", f"{name} is {value!r}; it should be a text", status=400)
    return value
