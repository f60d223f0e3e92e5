"""What the control plane may be told: no, with a reason that helps."""

from typing import Any


class ControlRefusedError(Exception):
    """The control plane cannot do what it was asked for; the text says what it could."""

    def __init__(self, message: str, *, status: int = 409) -> None:
        """Hold the text and the HTTP status."""
        super().__init__(message)
        self.status = status


def article(word: str) -> str:
    """Return a word with its article: an order, a refund."""
    return f"{'an' if word[:1] in 'aeiou' else 'a'} {word}"


def text_of(options: dict[str, Any], name: str) -> str | None:
    """Return an option that is a text, or None where it is not given.

    Raises:
        ControlRefusedError: it is something else.
    """
    value = options.get(name)
    if value is not None and not isinstance(value, str):
        raise ControlRefusedError(f"{name} is {value!r}; it should be a text", status=400)
    return value
