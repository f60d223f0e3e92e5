"""What the catalogue costs: the first question about each channel, a repeated one, and what importing the names takes.

CPU time of this process, the best and the median of several runs; ``make bench`` prints it. Goals: a channel's table in under
50 ms, a repeated translation in under a microsecond, ``import payment_channels`` in under 200 ms.
"""

import statistics
import subprocess
import sys
import time
import timeit

from error_codes.catalogue import HERE, Catalogue
from error_codes.translate import Translator, translate

RUNS = 11
IMPORT = "import time; begun = time.process_time(); import {0}; print((time.process_time() - begun) * 1000)"


def first(channel: str) -> float:
    """Return the milliseconds of the first translation of a channel, tables loaded anew."""
    begun = time.process_time()
    Translator(Catalogue(HERE)).translate(channel, "pay", where="code", code="NEVER_SEEN")
    return (time.process_time() - begun) * 1000


def again() -> object:
    """Translate what was translated before."""
    return translate("wechat", "query", where="trade_state", code="SUCCESS", http=200)


def importing(what: str) -> float:
    """Return the milliseconds that an import takes in a process of its own."""
    done = subprocess.run([sys.executable, "-c", IMPORT.format(what)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def show(what: str, found: list[float], unit: str) -> None:
    """Print one line."""
    print(f"{what:<44}{min(found):>9.2f}{statistics.median(found):>9.2f} {unit}")


def main() -> None:
    """Measure, and print a table."""
    print(f"{'':<44}{'best':>9}{'median':>9}")
    for channel in Catalogue(HERE).channels():
        show(f"first translation, {channel}", [first(channel) for _ in range(RUNS)], "ms")
    again()
    show("repeated translation", [one / 100_000 * 1e6 for one in timeit.repeat(again, number=100_000, repeat=RUNS)], "us")
    for what in ("error_codes", "payment_channels"):
        show(f"import {what}", [importing(what) for _ in range(RUNS)], "ms")


if __name__ == "__main__":
    main()
