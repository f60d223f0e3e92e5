"""The unified error-code layer: one canonical catalogue for all channels, in Chinese and English.

It stands on the standard library alone and can be used without the SDK. Importing it reads no table; the canonical
catalogue and a channel's table are read when they are first asked for.
"""

from error_codes.catalogue import CatalogueError
from error_codes.codes import CanonicalCode
from error_codes.model import Basis, Canonical, Checked, Effect, Meaning, NextAction, Outward, Row
from error_codes.publish import Texts
from error_codes.translate import (
    canonical,
    channels,
    outward,
    own,
    reset_unmapped_counts,
    rows,
    texts,
    translate,
    unmapped_counts,
)

__all__ = [
    "Basis",
    "Canonical",
    "CanonicalCode",
    "CatalogueError",
    "Checked",
    "Effect",
    "Meaning",
    "NextAction",
    "Outward",
    "Row",
    "Texts",
    "canonical",
    "channels",
    "outward",
    "own",
    "reset_unmapped_counts",
    "rows",
    "texts",
    "translate",
    "unmapped_counts",
]
