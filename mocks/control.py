"""What the control plane may be told: no, with a reason that helps."""


class ControlRefusedError(Exception):
    """The control plane cannot do what it was asked for; the text says what it could."""

    def __init__(self, message: str, *, status: int = 409) -> None:
        """Hold the text and the HTTP status."""
        super().__init__(message)
        self.status = status
