"""What a mock gets and gives: a request as it lay on the wire, a reply, and how the connection ends."""

import json
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Self
from urllib.parse import parse_qsl, unquote


class Ending(Enum):
    """What becomes of the connection once the mock has done its work."""

    WHOLE = "whole"
    LOST = "lost"  # executed, then closed without an answer
    RESET = "reset"  # the same, torn down: the caller sees a reset
    HALF = "half"  # the head and half of the body, then closed


class LostReplyError(ConnectionResetError):
    """A reply that never arrives, for doors without a connection to close."""


_DEEPEST = 64  # no request of any channel comes near


def json_of(body: bytes) -> Any:
    """Return the JSON of a body that somebody sent.

    Raises:
        ValueError: it is none; or it is nested so deeply, or holds such text, that it could not be repeated in an answer.
    """
    try:
        content = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    level = [content]
    for _ in range(_DEEPEST):
        level = [
            inner for one in level if isinstance(one, (dict, list)) for inner in (one.values() if isinstance(one, dict) else one)
        ]
    if level:
        raise ValueError(f"nested more than {_DEEPEST} deep")
    json.dumps(
        content, ensure_ascii=False
    ).encode()  # half of a surrogate pair has no UTF-8, and UnicodeEncodeError is a ValueError
    return content


@dataclass(frozen=True, slots=True)
class MockRequest:
    """A request as the caller sent it: path and query are raw, header names are lower-case."""

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    scheme: str = "http"

    @property
    def origin(self) -> str:
        """Scheme and host as the caller wrote them."""
        return f"{self.scheme}://{self.headers.get('host', '127.0.0.1')}"

    @property
    def target(self) -> str:
        """The path and, after a question mark, the query: what request signatures cover."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def parameters(self) -> dict[str, str]:
        """The query's parameters, decoded; of a name that stands twice, the last."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def segments(self) -> list[str]:
        """The parts of the path, decoded one by one, so that an encoded slash stays inside its part."""
        return [unquote(part) for part in self.path.split("/")[1:]]


@dataclass(frozen=True, slots=True)
class MockReply:
    """An answer: what the caller gets if ``ending`` lets it."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    ending: Ending = Ending.WHOLE
    delay: float = 0.0
    note: dict[str, Any] = field(default_factory=dict)  # for the mock's log; it never goes on the wire

    @classmethod
    def of_json(cls, content: Any, status: int = 200) -> Self:
        """Make a JSON answer; Chinese stays readable."""
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, {"Content-Type": "application/json; charset=utf-8"}, body)

    def ended(self, ending: Ending) -> Self:
        """Return the same reply with another end."""
        return replace(self, ending=ending)

    def with_headers(self, headers: dict[str, str]) -> Self:
        """Return the same reply with these headers instead of its own."""
        return replace(self, headers=headers)

    def noted(self, **facts: Any) -> Self:
        """Return the same reply with more for the log."""
        return replace(self, note={**self.note, **facts})
