"""Faults that are asked for in advance: the next N requests that match, or some of them by chance with a seed."""

import itertools
import random
import time
from dataclasses import dataclass, field
from typing import Any

from mocks.wire import MockRequest

# Every kind, the parameters it takes (with their types) and what it does; the control plane prints this table.
_CODE: dict[str, type] = {"code": str, "http_status": int, "message": str, "executed": bool}
KINDS: dict[str, tuple[dict[str, type], str]] = {
    "lose_reply": ({}, "已执行，连接在应答前关闭 / executed, then the connection is closed without an answer"),
    "reset": ({}, "已执行，连接被重置 / executed, then the connection is reset"),
    "half_body": ({}, "已执行，应答发到一半连接关闭 / executed, then half of the answer and the connection is closed"),
    "delay": ({"seconds": float}, "已执行，过若干真实秒后应答 / executed, and answered after so many real seconds"),
    "next_code": (
        _CODE,
        "以此码应答；未执行，除非 `executed` 为 true / answered with this code; not executed, unless `executed` is true",
    ),
    "server_error": (
        {"http_status": int, "executed": bool},
        "代理的 5xx 页面；未执行，除非 `executed` 为 true / a 5xx page of a proxy; not executed, unless `executed` is true",
    ),
    "garbage": ({}, "已执行，以 200 应答无意义的字节 / executed, and answered 200 with bytes that mean nothing"),
    "bad_signature": ({}, "已执行，应答的签名验不过 / executed, and answered with a signature that does not verify"),
    "unsigned": ({}, "已执行，应答没有签名 / executed, and answered without any signature"),
    "executed_twice": (
        {},
        "执行两次，如同代理重发；给出第二次的应答 / executed twice, as if a proxy had sent it again; answered the second time",
    ),
    "executed_late": (
        {"after": int},
        "不应答，再应答若干请求（缺省 1）之后才执行 / not answered, and executed once so many further requests were answered (1)",
    ),
    "rate_limit": (
        {"per_second": int, "code": str},
        (
            "每真实秒超出此数即以渠道的限流码（或 `code`）应答 / "
            "answered with the channel's code for too many requests (or `code`) beyond so many in a real second"
        ),
    ),
    "unknown_state": (
        {"state": str},
        "已执行，以没人见过的状态应答，签名正确 / executed, and answered, well signed, with a state nobody has seen",
    ),
}
# `path` is looked for in path and query; `text` in the body too, for channels that say there what they are asked for.
_MATCH: dict[str, type] = {
    "channel": str,
    "path": str,
    "text": str,
    "method": str,
    "times": int,
    "probability": float,
    "seed": int,
}
_NEEDED = {"next_code": ("code",), "delay": ("seconds",), "rate_limit": ("per_second",)}
_ANY = 10**9
_BOUNDS = {  # what lies beyond could not be played
    "http_status": (200, 599),
    "seconds": (0, 600),
    "probability": (0, 1),
    "times": (1, _ANY),
    "per_second": (0, _ANY),
    "after": (0, _ANY),
}
_MOST = 1000  # in waiting
_LASTING = {"rate_limit"}  # until it is deleted, unless a number is given; so does whatever strikes by chance


class FaultRefusedError(ValueError):
    """What the control plane was asked for is no fault; the text says what would be, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        """Hold the text."""
        super().__init__(f"{zh} / {en}")


@dataclass
class Fault:
    """One fault: what it matches, how often, and its kind's parameters."""

    number: int
    kind: str
    channel: str | None = None
    path: str | None = None
    text: str | None = None
    method: str | None = None
    times: int | None = 1
    probability: float | None = None
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    hits: int = 0
    _dice: random.Random = field(init=False, repr=False)
    _seen: list[float] = field(init=False, repr=False, default_factory=list)

    def __post_init__(self) -> None:
        """Seed the dice of this fault alone."""
        self._dice = random.Random(self.seed)  # noqa: S311  chosen so that it can be repeated

    def strikes(self, channel: str, request: MockRequest) -> bool:
        """Say whether this request is the fault's, and count it when it is."""
        fits = (
            self.channel in {None, channel}
            and (self.path is None or self.path in request.target)
            and (self.text is None or self.text in request.target or self.text.encode() in request.body)
            and (self.method is None or self.method.upper() == request.method)
            and (self.times is None or self.hits < self.times)
        )
        if not fits or (self.probability is not None and self._dice.random() >= self.probability):
            return False
        if self.kind == "rate_limit" and not self._too_many(time.monotonic()):
            return False
        self.hits += 1
        return True

    def _too_many(self, now: float) -> bool:
        self._seen = [one for one in self._seen if one > now - 1]
        if len(self._seen) >= self.options["per_second"]:
            return True
        self._seen.append(now)
        return False

    def shown(self) -> dict[str, Any]:
        """Return it as the control plane shows it."""
        names = ("number", "kind", "channel", "path", "text", "method", "times", "probability", "seed", "hits")
        return {name: getattr(self, name) for name in names} | self.options


def code_of(fault: Fault | None, limited: str = "FREQUENCY_LIMITED") -> str | None:
    """Return the code that a fault has a channel answer, for the kinds that have one; ``limited`` is its own for too many."""
    if fault is None or fault.kind not in {"next_code", "rate_limit"}:
        return None
    return str(fault.options.get("code", limited))


class Faults:
    """The faults in waiting; of several that match, the oldest strikes."""

    def __init__(self) -> None:
        """Start without any."""
        self._waiting: list[Fault] = []
        self._numbers = itertools.count(1)

    def add(self, asked: dict[str, Any]) -> Fault:
        """Take in a fault.

        Raises:
            FaultRefusedError: no such kind, no such parameter, or a value of another type.
        """
        kind = asked.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            raise FaultRefusedError(
                f"kind {kind!r} 不在其中：{', '.join(KINDS)}", f"kind {kind!r} is none of: {', '.join(KINDS)}"
            )
        allowed = {**_MATCH, **KINDS[kind][0]}
        values = {
            name: _typed(kind, name, value, allowed) for name, value in asked.items() if name != "kind" and value is not None
        }
        for name in _NEEDED.get(kind, ()):
            if name not in values:
                raise FaultRefusedError(f"{kind} 需要 {name!r}", f"{kind} needs {name!r}")
        if len(self._waiting) >= _MOST:
            raise FaultRefusedError(
                f"已有 {_MOST} 个故障在等待；DELETE /_mock/faults 清空",
                f"{_MOST} faults are in waiting; DELETE /_mock/faults forgets them",
            )
        matched: dict[str, Any] = {name: values.pop(name) for name in _MATCH if name in values}
        if "probability" in matched or kind in _LASTING:
            matched.setdefault("times", None)
        fault = Fault(next(self._numbers), kind, options=values, **matched)
        self._waiting.append(fault)
        return fault

    def take(self, channel: str, request: MockRequest) -> Fault | None:
        """Return the fault that strikes this request, if any."""
        return next((fault for fault in self._waiting if fault.strikes(channel, request)), None)

    def shown(self) -> list[dict[str, Any]]:
        """Return all of them, spent ones too."""
        return [fault.shown() for fault in self._waiting]

    def clear(self) -> None:
        """Forget all of them."""
        self._waiting.clear()


def _typed(kind: str, name: str, value: object, allowed: dict[str, type]) -> object:
    if name not in allowed:
        raise FaultRefusedError(
            f"{kind} 不接受 {name!r}；接受：{', '.join(allowed)}", f"{kind} takes no {name!r}; it takes {', '.join(allowed)}"
        )
    wanted = allowed[name]
    fits = isinstance(value, wanted) or (wanted is float and isinstance(value, int))
    if not fits or (isinstance(value, bool) and wanted is not bool):
        raise FaultRefusedError(
            f"{name} 是 {value!r}；类型应为 {wanted.__name__}", f"{name} is {value!r}; it should be of type {wanted.__name__}"
        )
    least, most = _BOUNDS.get(name, (-_ANY, _ANY))
    if isinstance(value, (int, float)) and not least <= value <= most:
        raise FaultRefusedError(
            f"{name} 是 {value!r}；应在 {least} 到 {most} 之间", f"{name} is {value!r}; it should be from {least} to {most}"
        )
    return value
