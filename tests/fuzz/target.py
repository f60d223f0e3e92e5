"""What a fuzz target is: any bytes go in, and either nothing is wrong or the target raises."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """``run`` takes arbitrary bytes and raises when a promise is broken; ``seeds`` are well-formed beginnings."""

    name: str
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def refusing(parse: Callable[[bytes], object], *documented: type[Exception]) -> Callable[[bytes], None]:
    """Make a run of a parser that may refuse, and raise nothing but what its docstring says."""

    def run(data: bytes) -> None:
        try:
            parse(data)
        except documented:
            return

    return run
