"""The mock's business clock: real time and an offset that the control plane moves forward."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
_FARTHEST = timedelta(days=36_525)  # a hundred years: dates end in the year 9999


def _system_time() -> datetime:
    return datetime.now(UTC)


class Clock:
    """``now`` is business time: orders expire and bills close by it. ``real`` is for signatures alone and never moves."""

    def __init__(self, real: Callable[[], datetime] = _system_time) -> None:
        """Start at real time."""
        self.real = real
        self._offset = timedelta()

    def now(self) -> datetime:
        """Return business time, with Beijing's time zone."""
        return (self.real() + self._offset).astimezone(BEIJING)

    def advance(self, seconds: float) -> datetime:
        """Move business time forward and return it.

        Raises:
            ValueError: the step would go back, and what has happened in the books cannot be undone; or it goes too far.
        """
        if not seconds >= 0:
            raise ValueError(
                "时钟只能向前；POST /_mock/reset 重新开始 / the clock goes forward only; POST /_mock/reset starts anew"
            )
        if seconds > _FARTHEST.total_seconds() or self._offset + timedelta(seconds=seconds) > _FARTHEST:
            raise ValueError(f"时钟至多前进 {_FARTHEST.days} 天 / the clock goes {_FARTHEST.days} days forward at most")
        self._offset += timedelta(seconds=seconds)
        return self.now()

    def reset(self) -> None:
        """Return to real time."""
        self._offset = timedelta()
