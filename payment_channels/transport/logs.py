"""What the HTTP library writes of our calls into its log: addresses without queries, in which some channels put the whole order.

httpx and httpx2 log every request at INFO with its full address. Only records made while one of our calls is carried out are
changed; what the caller's own code does with the same library is logged as before.
"""

import logging
from contextvars import ContextVar
from typing import Any

_OURS: ContextVar[bool] = ContextVar("_OURS", default=False)


class _Filter(logging.Filter):
    """Cuts the query off every address in a record of ours. It lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record where it is one of ours."""
        if _OURS.get() and isinstance(record.args, tuple):
            record.args = tuple(_cut(part) for part in record.args)
        return True


_FILTER = _Filter()


def watch(library: str) -> None:
    """Watch the log of a library; to do so again changes nothing."""
    logging.getLogger(library).addFilter(_FILTER)


class WithoutQuery:
    """A block in which a call is carried out: what is logged meanwhile, in this thread or task, is told without queries."""

    __slots__ = ("_token",)

    def __enter__(self) -> None:
        """Mark what follows as ours."""
        self._token = _OURS.set(True)

    def __exit__(self, *_: object) -> None:
        """End it."""
        _OURS.reset(self._token)


def _cut(part: Any) -> Any:
    address, mark, _ = str(part).partition("?") if type(part).__name__ == "URL" else ("", "", "")
    return f"{address}?…" if mark else part
