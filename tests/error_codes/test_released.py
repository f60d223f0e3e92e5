"""Once released, a meaning never changes: the released codes and rows stand in a file, and only additions pass.

``python tests/error_codes/test_released.py`` adds what is new to the file. It never changes and never removes a meaning.
The file is packed, a line a raw code: the operations, then what the code means in answer to them.
"""

import json
import sys
from pathlib import Path

import pytest

from error_codes.catalogue import BUILT_IN, Catalogue

HELD = Path(__file__).parent / "released.json"
Meanings = dict[str, dict[str, str]]


def current(catalogue: Catalogue = BUILT_IN) -> Meanings:
    """What a core may have branched on: each code's effect and outward code; each row's code, effect and leave to pay again."""
    rows = {
        f"{channel} {row.kind} {row.where}={row.code}/{row.sub_code or ''} {http}|{operation}": " ".join(
            [row.canonical, row.effect, *(["new_id"] if row.new_id_allowed else []), *(["failover"] if row.failover else [])]
        )
        for channel in catalogue.channels()
        for row in catalogue.rows(channel)
        for operation in row.operations
        for http in (row.http or ("any",))
    }
    codes = {code: f"{entry.effect} {entry.outward}" for code, entry in catalogue.all_canonical().items()}
    return {"canonical": codes, "rows": rows}


def packed(rows: dict[str, str]) -> dict[str, str]:
    """Put the operations of one raw code into one line, those of one meaning together."""
    lines: dict[str, dict[str, list[str]]] = {}
    for key, meaning in sorted(rows.items()):
        raw, operation = key.rsplit("|", maxsplit=1)
        lines.setdefault(raw, {}).setdefault(meaning, []).append(operation)
    return {raw: "; ".join(f"{' '.join(group)}: {meaning}" for meaning, group in of.items()) for raw, of in lines.items()}


def unpacked(lines: dict[str, str]) -> dict[str, str]:
    """Undo ``packed``."""
    return {
        f"{raw}|{operation}": part.partition(": ")[2]
        for raw, line in lines.items()
        for part in line.split("; ")
        for operation in part.partition(": ")[0].split()
    }


def held() -> Meanings:
    meanings: Meanings = json.loads(HELD.read_text(encoding="utf-8"))
    return {"canonical": meanings["canonical"], "rows": unpacked(meanings["rows"])}


def changes(was: Meanings, now: Meanings) -> list[str]:
    """Name every released meaning that is another now, or gone."""
    return [
        f"{key}: {meaning} -> {now[part].get(key, 'gone')}"
        for part in ("canonical", "rows")
        for key, meaning in was[part].items()
        if now[part].get(key) != meaning
    ]


def added(was: Meanings, now: Meanings) -> Meanings:
    """The released meanings and the new ones; what is released stays as it was, whatever the tables say now."""
    return {part: now[part] | was[part] for part in ("canonical", "rows")}


def test_no_released_meaning_has_changed() -> None:
    assert changes(held(), current()) == [], (
        "a released meaning changed: add a new code, deprecate the old one, and say so in the CHANGELOG"
    )


def test_every_meaning_is_held() -> None:
    released = held()
    unheld = [key for part, meanings in current().items() for key in meanings if key not in released[part]]
    assert unheld == [], "new meanings: run `python tests/error_codes/test_released.py`, which only adds"


def test_nothing_is_lost_by_packing() -> None:
    rows = current()["rows"]
    assert unpacked(packed(rows)) == rows
    assert len(packed(rows)) < len(rows)


REFUSAL = ("alipay code code=40004/ACQ.TRADE_NOT_EXIST any|refund", "ORIGINAL_NOT_FOUND failed")


@pytest.mark.parametrize(
    "now", ["ORIGINAL_NOT_FOUND unknown", "ORDER_NOT_FOUND failed", "ORIGINAL_NOT_FOUND failed new_id", None]
)
def test_a_change_of_effect_of_a_released_row_is_refused(now: str | None) -> None:
    key, meaning = REFUSAL
    was: Meanings = {"canonical": {}, "rows": {key: meaning}}
    after: Meanings = {"canonical": {}, "rows": {"another|pay": "PROCESSING pending"} | ({key: now} if now else {})}
    assert changes(was, after) == [f"{key}: {meaning} -> {now or 'gone'}"]
    assert added(was, after)["rows"] == {key: meaning, "another|pay": "PROCESSING pending"}


def test_a_change_of_effect_of_a_released_code_is_refused() -> None:
    was: Meanings = {"canonical": {"RATE_LIMITED": "failed RATE_LIMITED"}, "rows": {}}
    now: Meanings = {"canonical": {"RATE_LIMITED": "succeeded RATE_LIMITED"}, "rows": {}}
    assert changes(was, now) == ["RATE_LIMITED: failed RATE_LIMITED -> succeeded RATE_LIMITED"]
    assert added(was, now) == was


if __name__ == "__main__":
    grown = added(held(), current())
    text = json.dumps({**grown, "rows": packed(grown["rows"])}, ensure_ascii=False, indent=0, sort_keys=True)
    HELD.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(changes(held(), current())) or "nothing released has changed\n")
