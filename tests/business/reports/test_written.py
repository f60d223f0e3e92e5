"""What is written: nothing of a report becomes markup or a formula, nobody is named, and the page needs nothing else."""

import csv
import io
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from payment_channels import Outcome
from payment_channels.business.reports import Period, Report, page, report, write_files
from payment_channels.business.reports.markup import element
from payment_channels.journal import Journal, KeyRing, SqliteStore
from tests.business.reports.seeded import CANARIES, COMPANY, PERSON, order, sent
from tests.business.ticking import Ticking

EVIL = "<script>alert(1)</script>\"'&"
FORMULA = "=HYPERLINK(1)"


@pytest.fixture
def made(tmp_path: Path) -> Report:
    """A report of an unlucky hour: an account's name that is markup, a number that is a formula."""
    clock = Ticking()
    store = SqliteStore(tmp_path / "journal.sqlite3")
    journal = Journal(store, KeyRing.single(bytes(range(32))), clock=clock)
    sent(journal, EVIL, order("payout", FORMULA, 123456, clock(), payee=PERSON), Outcome.UNKNOWN)
    sent(journal, "cib-fund", order("payout", "payout0002", 5, clock(), payee=COMPANY), Outcome.SUCCEEDED)
    sent(journal, "cib-fund", order("payout", "payout0003", 5, clock(), payee=COMPANY), Outcome.FAILED, "PAYEE_NAME_MISMATCH")
    made = report(journal, Period.day(date(2026, 3, 5)))
    store.close()
    return made


class Reader(HTMLParser):
    """Reads a page; keeps its elements and where they point."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_nothing_becomes_markup(made: Report) -> None:
    text = page(made)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;" in text
    reader = read(text)
    assert not {"script", "iframe", "object", "embed", "img", "link", "form", "base"} & set(reader.tags)
    assert [name for name, _ in reader.attributes if name.startswith("on")] == []


def test_what_stands_in_an_attribute_stays_in_it() -> None:
    assert element("p", id='x"><b>&') == '<p id="x&quot;&gt;&lt;b&gt;&amp;"></p>'


def test_no_name_looks_like_another() -> None:
    shown = element("td", "shop\u202egpj.\x00\x1b[2J\u2066")
    assert shown == "<td>shop\ufffdgpj.\ufffd\ufffd[2J\ufffd</td>"


def test_the_page_points_at_itself_alone_and_forbids_the_rest(made: Report) -> None:
    text = page(made)
    reader = read(text)
    points = [value for name, value in reader.attributes if name in {"href", "src", "action", "data", "srcset", "xlink:href"}]
    ids = [value for name, value in reader.attributes if name == "id"]
    assert points
    assert {point.removeprefix("#") for point in points} <= set(ids)
    assert len(ids) == len(set(ids))
    assert "default-src 'none'" in text.replace("&#x27;", "'")
    assert "http:" not in text
    assert "https:" not in text
    assert "@import" not in text


def test_nobody_is_named(made: Report, tmp_path: Path) -> None:
    written = [page(made), *(path.read_text(encoding="utf-8-sig") for path in write_files(made, tmp_path / "csv"))]
    assert [canary for canary in CANARIES if any(canary in text for text in written)] == []


def test_every_text_stands_in_both_languages(made: Report) -> None:
    reader = read(page(made))
    languages = [value for name, value in reader.attributes if name == "lang"]
    assert languages[0] == "zh-CN"
    assert languages.count("en") == languages[1:].count("zh-CN") > 50
    assert read(page(made, language="en")).attributes[0] == ("lang", "en")


def test_each_chart_is_followed_by_its_table(made: Report) -> None:
    for sheet in made.sheets:
        assert sheet.rows or not sheet.charts
    text = page(made)
    sections = text.split("<section")[1:]
    assert len(sections) == len(made.sheets)
    drawn = [section for section in sections if "<figure" in section]
    assert len(drawn) >= 4
    for section in drawn:
        assert section.find("<table") > section.rfind("<figure")


def test_the_files_are_for_spreadsheets(made: Report, tmp_path: Path) -> None:
    paths = write_files(made, tmp_path / "csv")
    assert [path.name for path in paths] == [f"{sheet.name}.csv" for sheet in made.sheets]
    assert paths[0].read_bytes().startswith(b"\xef\xbb\xbf")
    rows = {path.stem: list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))) for path in paths}
    (oldest,) = rows["oldest_open"]
    assert (oldest["merchant_id"], oldest["account"]) == (f"'{FORMULA}", EVIL)
    assert (oldest["amount"], oldest["amount_currency"], oldest["amount_minor"]) == ("1234.56", "CNY", "123456")
    assert (oldest["period_first_day"], oldest["period_last_day"]) == ("2026-03-05", "2026-03-05")
    assert oldest["made_at"] == "2026-03-05T10:00:00+08:00"
    ours = next(row for row in rows["by_account"] if row["account"] == "cib-fund")
    assert (ours["success_rate_percent"], ours["kind_zh"], ours["kind_en"]) == ("50.00", "代付", "payouts")


def test_a_file_has_the_same_columns_whatever_the_day_held(made: Report, tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "empty.sqlite3")
    empty = report(Journal(store, KeyRing.single(bytes(range(32))), clock=Ticking()), made.period)
    store.close()
    for one, other in zip(write_files(made, tmp_path / "a"), write_files(empty, tmp_path / "b"), strict=True):
        assert one.read_text(encoding="utf-8").split("\n")[0] == other.read_text(encoding="utf-8").split("\n")[0]
    assert "没有登记订单" in page(empty)
    assert "<figure" not in page(empty)
