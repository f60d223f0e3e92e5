"""How often something may be asked for: a forger who names unknown certificates without end makes no more downloads than this."""

import threading
from collections import deque
from datetime import datetime, timedelta


class Allowance:
    """So many in a span of time for each purpose; who uses up one purpose leaves the others theirs. Safe to share."""

    def __init__(self, most: int, span: timedelta) -> None:
        """Start with nothing taken: ``most`` in any ``span``."""
        self._most = most
        self._span = span
        self._lock = threading.Lock()
        self._taken: dict[str, deque[datetime]] = {}

    def take(self, purpose: str, now: datetime) -> bool:
        """Take one for a purpose; False when they are used up."""
        with self._lock:
            taken = self._taken.setdefault(purpose, deque())
            while taken and now - taken[0] >= self._span:
                taken.popleft()
            if len(taken) >= self._most:
                return False
            taken.append(now)
            return True
