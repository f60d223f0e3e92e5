"""What the documentation says of reports: its program runs as it stands, its commands are understood, its tables are named."""

import re
import shlex
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from payment_channels.business.reports import Period, report
from payment_channels.cli import main
from payment_channels.journal import Journal, KeyRing, SqliteStore
from tests.business.ticking import Ticking
from tests.cli.conftest import Shop, empty_shop, shop  # noqa: F401  a folder with settings

DOCS = Path(__file__).parents[3] / "docs"
LANGUAGES = ("zh", "en")


def text(language: str) -> str:
    return (DOCS / language / "reports.md").read_text(encoding="utf-8")


def blocks(language: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", text(language), re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program(language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqliteStore(tmp_path / "journal.sqlite3")
    given: dict[str, Any] = {"journal": Journal(store, KeyRing.single(bytes(range(32))), clock=Ticking())}
    (code,) = blocks(language, "python")
    exec(compile(code, f"{language}/reports.md", "exec"), given)  # noqa: S102  our own page, run as written
    made = report(given["journal"], Period.day(date(2026, 3, 5)))
    store.close()
    assert Path("march.html").stat().st_size > 1000
    assert sorted(path.stem for path in Path("march").iterdir()) == sorted(sheet.name for sheet in made.sheets)
    named = re.findall(r"^\| `([a-z_]+)` \|", text(language), re.MULTILINE)
    assert named == [sheet.name for sheet in made.sheets]


def test_the_commands(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: F811
    monkeypatch.chdir(shop.folder)
    (commands,) = blocks("en", "sh")
    assert blocks("zh", "sh") == [commands]
    for line in commands.splitlines():
        assert main(shlex.split(line)[1:]) == 0
    assert Path("march/report.html").exists()
    with pytest.raises(SystemExit):
        main(["report", "--help"])
    options = set(re.findall(r"(--[a-z]+)", capsys.readouterr().out)) - {"--help"}
    for language in LANGUAGES:
        assert {option for option in options if f"`{option}`" not in text(language)} == set()
