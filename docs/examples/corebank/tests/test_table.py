"""The collected table is the witness: every row of the channel's pages has a meaning, and no rule of the catalogue is broken."""

import csv
import shutil
from pathlib import Path

from corebank import MANIFEST, TABLE

from error_codes.catalogue import HERE
from error_codes.lint import lint
from payment_channels import Verb, channel_names, manifest
from payment_channels.testing import Collected

VERBS = [str(verb) for verb in Verb]
ROWS = Path(__file__).parent / "vectors" / "collected.csv"


def collected() -> list[Collected]:
    """Return the table as it was collected from the channel's pages, row by row: its error codes, not its states.

    ``verb`` is a word of ``payment_channels.Verb``. ``choice`` is a product or kind of payee that the manifest declares for
    it. ``canonical`` may stay empty where nobody has judged the row by hand. ``assumed`` is yes where no page says so.
    """
    with ROWS.open(encoding="utf-8", newline="") as file:
        return [_row(line, row) for line, row in enumerate(csv.DictReader(file), start=2)]


def _row(line: int, row: dict[str, str]) -> Collected:
    assert row["verb"] in VERBS, f"tests/vectors/collected.csv {line}：verb {row['verb']!r} 须是 / has to be one of {VERBS}"
    return Collected(
        Verb(row["verb"]),
        row["choice"] or None,
        row["code"],
        sub_code=row["sub_code"] or None,
        status=int(row["http"]) if row["http"] else None,
        message=row["message"],
        assumed=row["assumed"] == "yes",
        canonical=row["canonical"] or None,
    )


def test_the_table_was_collected() -> None:
    """It is typed in from the pages, not copied from the TOML that the SDK reads."""
    assert collected(), "tests/vectors/collected.csv：录入渠道的整张错误码表 / type in the channel's whole table of codes"


def test_the_table_breaks_no_rule(tmp_path: Path) -> None:
    """The catalogue's own lint, on this table alone."""
    (tmp_path / "channels").mkdir()
    shutil.copy(HERE / "canonical.toml", tmp_path)
    shutil.copy(TABLE, tmp_path / "channels" / TABLE.name)
    found = lint(tmp_path)
    assert not found, "\n".join(["", *map(str, found)])
    text = TABLE.read_text(encoding="utf-8")
    assert "\n[[states]]" in text, f"src/corebank/{TABLE.name}：还没有一个状态有含义 / no state has a meaning yet"


def test_the_channel_is_found_by_its_entry_points() -> None:
    """The package has to be installed: ``pip install -e .``."""
    assert "corebank" in channel_names(), "先安装本包 / install the package: pip install -e ."
    assert manifest("corebank") is not None
    assert MANIFEST.name == "corebank"
