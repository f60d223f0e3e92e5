"""Once released, a meaning never changes: the released codes and rows stand in a file, and only additions pass."""

import json
from pathlib import Path
from typing import Any

from error_codes.catalogue import BUILT_IN

HELD = Path(__file__).parent / "released.json"


def current() -> dict[str, Any]:
    """What a core may have branched on: each code's effect and outward code, each row's code and effect."""
    rows = {
        f"{channel} {row.kind} {operation} {row.where}={row.code}/{row.sub_code or ''} {http}": f"{row.canonical} {row.effect}"
        for channel in BUILT_IN.channels()
        for row in BUILT_IN.rows(channel)
        for operation in row.operations
        for http in (row.http or ("any",))
    }
    codes = {code: f"{entry.effect} {entry.outward}" for code, entry in BUILT_IN.all_canonical().items()}
    return {"canonical": codes, "rows": rows}


def test_no_released_meaning_has_changed() -> None:
    held, now = json.loads(HELD.read_text(encoding="utf-8")), current()
    changed = [
        f"{key}: {was} -> {now[part].get(key, 'gone')}"
        for part in ("canonical", "rows")
        for key, was in held[part].items()
        if now[part].get(key) != was
    ]
    assert changed == [], "a released meaning changed: add a new code, deprecate the old one, and say so in the CHANGELOG"


if __name__ == "__main__":
    HELD.write_text(json.dumps(current(), ensure_ascii=False, indent=0, sort_keys=True) + "\n", encoding="utf-8")
