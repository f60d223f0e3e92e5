"""The collected table is the witness: every row of the channel's pages has a meaning, and no rule of the catalogue is broken."""

import csv
import shutil
from pathlib import Path

from corebank import MANIFEST, TABLE

from error_codes.catalogue import HERE
from error_codes.lint import lint
from payment_channels import Verb, channel_names, manifest
from payment_channels.testing import Collected

ROWS = Path(__file__).parent / "vectors" / "collected.csv"


def collected() -> list[Collected]:
    """Return the table as it was collected from the channel's pages, row by row."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        return [
            Collected(
                Verb(row["verb"]),
                row["choice"] or None,
                row["code"],
                status=int(row["http"]) if row["http"] else None,
                message=row["message"],
                canonical=row["canonical"] or None,
            )
            for row in csv.DictReader(file)
        ]


def test_the_table_was_collected() -> None:
    """It is typed in from the pages, not copied from the TOML that the SDK reads."""
    assert collected(), "tests/vectors/collected.csv: type in the channel's whole table of codes"


def test_the_table_breaks_no_rule(tmp_path: Path) -> None:
    """The catalogue's own lint, on this table alone."""
    (tmp_path / "channels").mkdir()
    shutil.copy(HERE / "canonical.toml", tmp_path)
    shutil.copy(TABLE, tmp_path / "channels" / TABLE.name)
    found = lint(tmp_path)
    assert found == []
    text = TABLE.read_text(encoding="utf-8")
    assert "\n[[states]]" in text, f"src/corebank/{TABLE.name}: no state has a meaning yet"


def test_the_channel_is_found_by_its_entry_points() -> None:
    """The package has to be installed: ``pip install -e .``."""
    assert "corebank" in channel_names(), "install the package: pip install -e ."
    assert manifest("corebank") is not None
    assert MANIFEST.name == "corebank"
