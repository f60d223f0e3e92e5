"""The lists that the crosswalk is held to: external code sets of ISO 20022, and values of field 39, each with its source.

``standards/iso20022.csv`` and ``standards/field39.csv`` are copies with a source in each row; only the lint reads them.
"""

import csv
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("standards")


@cache
def iso20022() -> frozenset[str]:
    """Return the reasons and statuses of ISO 20022, as ``ExternalStatusReason1Code/AM04``."""
    return frozenset(f"{row['set']}/{row['code']}" for row in _rows("iso20022.csv"))


@cache
def field39() -> frozenset[str]:
    """Return the values of field 39 (应答码), of Q/CUP 006.6-2015 and of ISO 8583:1987."""
    return frozenset(row["code"] for row in _rows("field39.csv"))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
