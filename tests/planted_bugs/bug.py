"""One planted fault."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bug:
    """One fault: where, what stood there, what is put there, and which tests should notice."""

    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @property
    def name(self) -> str:
        """A line that says what it is."""
        return f"{self.file}: {self.old.strip().splitlines()[0][:60]!r} -> {(self.new.strip().splitlines() or [''])[0][:60]!r}"
