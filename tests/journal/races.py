"""Two transactions at once: one is held open while the other is tried, so that a race is run the same way each time."""

import threading
from collections.abc import Callable
from typing import Any

from payment_channels.journal import Store
from payment_channels.journal.store import Cursor


class Held:
    """A store whose transactions are held open until it is let go; what they return may be what is left for them to do then."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.skip_locked, self.for_update = store.skip_locked, store.for_update
        self.read, self.close, self.bring_up_to_date = store.read, store.close, store.bring_up_to_date
        self.done, self.let_go = threading.Event(), threading.Event()

    def write(self, work: Callable[[Cursor], Any]) -> Any:
        def held(cursor: Cursor) -> Any:
            value = work(cursor)
            self.done.set()
            assert self.let_go.wait(30)
            return value() if callable(value) else value

        return self._store.write(held)


def beside(store: Store, first: Callable[[Store], Any], second: Callable[[], Any]) -> tuple[Any, Any]:
    """Do the second while the transaction of the first is open; return what both returned."""
    held, came = Held(store), dict[str, Any]()
    one = threading.Thread(target=lambda: came.update(first=first(held)))
    other = threading.Thread(target=lambda: came.update(second=second()))
    one.start()
    assert held.done.wait(30)
    other.start()
    other.join(0.3)  # it waits for the first, or passes it by
    held.let_go.set()
    for thread in (one, other):
        thread.join(30)
        assert not thread.is_alive()
    return came["first"], came["second"]
