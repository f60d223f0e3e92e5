"""Which notifications were seen before, shared by the adapters: who comes twice is reported, not refused."""

import threading
from collections import OrderedDict
from typing import ClassVar


class Seen:
    """The ids of recent notifications, in memory and bounded. Safe to share between threads."""

    LIMIT: ClassVar[int] = 10_000

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._lock = threading.Lock()
        self._ids: OrderedDict[str, None] = OrderedDict()

    def again(self, notification_id: str) -> bool:
        """Remember an id; say whether it was there before."""
        with self._lock:
            known = notification_id in self._ids
            self._ids[notification_id] = None
            self._ids.move_to_end(notification_id)
            while len(self._ids) > self.LIMIT:
                self._ids.popitem(last=False)
            return known
