"""What an exchange may ask of the world: an HTTP call, or a piece of work with a key that may be slow.

A verb of an adapter is a generator. It yields a step and is sent the answer, so the same text serves the blocking and
the asynchronous client. Rails that speak frames over a queue will add a step here and one file in ``transport``.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

MAX_REPLY_BYTES = 4 * 1024 * 1024
"""More than any documented answer; whoever sends more is not believed, and memory stays bounded."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One request, final to the byte: what was signed is what is sent.

    ``url`` is absolute and percent-encoded already. ``preparatory`` marks a call that moves no money and whose failure
    leaves the order untouched (a certificate download, a control digit); all others count as "may have left".
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    preparatory: bool = False
    max_reply_bytes: int = MAX_REPLY_BYTES


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The answer as it came. Header names are lower case; the body is the decoded content, at most the call's limit."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return self.headers.get(name.lower(), "")


class TransportFailure(Exception):  # noqa: N818  it names what happened; most of them become results, not errors
    """There is no answer. ``maybe_sent`` says whether the request may have left this machine: money hangs on it."""

    def __init__(self, reason: str, *, maybe_sent: bool) -> None:
        """``reason`` is for people: no header, no body, no secret."""
        super().__init__(reason)
        self.reason = reason
        self.maybe_sent = maybe_sent


@dataclass(frozen=True, slots=True)
class Work:
    """Work with a key in a slow place, such as an HSM: the asynchronous driver does it beside its loop."""

    call: Callable[[], Any] = field(repr=False)


Step = HttpCall | Work
Exchange = Generator[Step, Any, T]


class Signer(Protocol):
    """Signs. ``slow`` says that a signature takes long enough to be done beside an event loop (an HSM)."""

    @property
    def key_id(self) -> str:
        """The key's name, as the wire or an audit knows it."""

    @property
    def slow(self) -> bool:
        """Whether the work may block for more than about a millisecond."""

    def sign(self, message: bytes) -> bytes:
        """Return the raw signature."""


class Verifier(Protocol):
    """Verifies signatures of one key."""

    @property
    def key_id(self) -> str:
        """The key's name."""

    @property
    def slow(self) -> bool:
        """See ``Signer``."""

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Say whether the signature is right; never raise for a wrong one."""


class Decryptor(Protocol):
    """Opens what was encrypted for us."""

    @property
    def key_id(self) -> str:
        """The key's name."""

    @property
    def slow(self) -> bool:
        """See ``Signer``."""

    def decrypt(self, ciphertext: bytes) -> bytes:
        """Return the plain bytes, or raise ValueError."""


def fetch(call: HttpCall) -> Exchange[HttpReply]:
    """Make a call within an exchange.

    Raises:
        TransportFailure: there is no answer.
    """
    reply = yield call
    if not isinstance(reply, HttpReply):
        reason = f"the driver answered an HTTP call with {type(reply).__name__}"
        raise TypeError(reason)
    return reply


def work_with(key: Signer | Verifier | Decryptor, call: Callable[[], T]) -> Exchange[T]:
    """Do ``call`` with ``key``: here and now when it is quick, through the driver when it is slow."""
    if not key.slow:
        return call()
    done: T = yield Work(call)
    return done
