"""What the HTTP library writes of our calls into its log: addresses without queries, in which some channels put the whole order.

httpx and httpx2 log every request at INFO with its full address. Only records made while one of our calls is carried out are
changed; what the caller's own code does with the same library is logged as before.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_OURS: ContextVar[bool] = ContextVar("_OURS", default=False)


class _WithoutQuery(logging.Filter):
    """Cuts the query off every address in a record of ours. It lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record where it is one of ours."""
        if _OURS.get() and isinstance(record.args, tuple):
            record.args = tuple(_cut(part) for part in record.args)
        return True


_FILTER = _WithoutQuery()


def watch(library: str) -> None:
    """Watch the log of a library; to do so again changes nothing."""
    logging.getLogger(library).addFilter(_FILTER)


@contextmanager
def without_query() -> Iterator[None]:
    """Carry out a call: what is logged meanwhile, in this thread or task, is told without queries."""
    token = _OURS.set(True)
    try:
        yield
    finally:
        _OURS.reset(token)


def _cut(part: Any) -> Any:
    address, mark, _ = str(part).partition("?") if type(part).__name__ == "URL" else ("", "", "")
    return f"{address}?…" if mark else part
