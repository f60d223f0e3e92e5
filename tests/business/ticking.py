"""A clock that the tests move."""

from datetime import UTC, datetime, timedelta


class Ticking:
    """Shows the moment that it was given, until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)  # ten in the morning in Beijing

    def __call__(self) -> datetime:
        """Show the time."""
        return self.at

    def move(self, span: timedelta) -> None:
        """Let time pass."""
        self.at += span
