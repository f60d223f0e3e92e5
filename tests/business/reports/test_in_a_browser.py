"""The report's page in a real headless Chromium, from the folder and without a network: both languages, light, dark, print.

Skipped where there is no Chromium; ``make browser-test`` demands one. ``SHOTS=folder`` keeps screenshots.
"""

import base64
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest

from payment_channels import Outcome
from payment_channels.business.calendar import BEIJING
from payment_channels.business.reports import Period, page, report
from payment_channels.journal import Journal, KeyRing, SqliteStore
from tests.business.reports.seeded import order, seed, sent
from tests.business.ticking import Ticking
from tests.docs.chromium import Browser, Page, browsing, program

FOUND = program()
pytestmark = [
    pytest.mark.timeout(300),  # a browser on a busy machine
    pytest.mark.skipif(
        FOUND is None and not os.environ.get("BROWSER_REQUIRED"),
        reason="no Chromium here: install one (Debian: chromium) or name it in CHROMIUM; `make browser-test` demands it",
    ),
]
EVIL = "<img src=x onerror=alert(1)>"
PHONE, DESK = 390, 1280
# Relative luminance and contrast as WCAG 2.2 defines them, of what is really shown: the nearest ground that is not see-through.
CONTRASTS = """
(() => {
  const parts = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const own = parts(getComputedStyle(node).backgroundColor);
      if (own.length === 3 || own[3] === 1) return own;
    }
    return [255, 255, 255];
  };
  const weak = [];
  for (const node of document.querySelectorAll('h1, h2, p, dt, dd, th, td, a, figcaption, li span, legend + label span, code')) {
    if (!node.offsetParent || !node.textContent.trim() || node.classList.contains('skip')) continue;
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(ground(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) weak.push(`${node.tagName} ${node.textContent.trim().slice(0, 30)}: ${ratio.toFixed(2)}`);
  }
  return weak;
})()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A page of a day's business, with an account whose name is markup."""
    folder = tmp_path_factory.mktemp("report")
    store, clock = SqliteStore(folder / "journal.sqlite3"), Ticking()
    journal = Journal(store, KeyRing.single(bytes(range(32))), clock=clock)
    seed(journal, clock, datetime(2026, 3, 5, tzinfo=BEIJING), orders=80)
    clock.at = datetime(2026, 3, 5, 23, tzinfo=BEIJING)
    sent(journal, EVIL, order("payout", "payout-evil", 1, clock()), Outcome.UNKNOWN)
    clock.at = datetime(2026, 3, 6, 10, 30, tzinfo=BEIJING)
    file = folder / "report.html"
    file.write_text(page(report(journal, Period.day(date(2026, 3, 5)))), encoding="utf-8")
    store.close()
    return file.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert FOUND, "no Chromium was found: install one (Debian: chromium) or name it in CHROMIUM"
    with browsing(FOUND) as opened:
        yield opened


@pytest.fixture
def opened(browser: Browser) -> Iterator[Page]:
    shown = browser.page()
    yield shown
    assert shown.problems == [], "the page has failed, or asked the network"


def look(shown: Page, address: str, *, scheme: str = "light", language: str = "zh", width: int = DESK) -> None:
    """Open the page as somebody does who likes it light or dark, and choose a language."""
    shown.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    shown.open(address, width=width)
    shown.run(f"document.getElementById('in-{language}').click()")


def keep(shown: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        shown.picture(Path(folder) / f"report-{name}.png", whole=True)


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_fits_and_can_be_read(opened: Page, address: str, language: str, scheme: str, width: int) -> None:
    look(opened, address, scheme=scheme, language=language, width=width)
    keep(opened, f"{language}-{scheme}-{width}")
    assert opened.run("document.documentElement.scrollWidth") <= width
    assert opened.run(CONTRASTS) == []


def test_one_language_is_shown_and_the_keyboard_changes_it(opened: Page, address: str) -> None:
    look(opened, address)
    assert "按渠道账户" in opened.run("document.body.innerText")
    assert "By channel account" not in opened.run("document.body.innerText")
    opened.run("document.getElementById('in-zh').focus()")
    opened.press("ArrowRight", 39)
    assert opened.run("document.activeElement.id") == "in-en"
    shown = opened.run("document.body.innerText")
    assert "By channel account" in shown
    assert "按渠道账户" not in shown
    assert "成功" not in shown


def test_the_keyboard_reaches_every_table_and_sees_where_it_is(opened: Page, address: str) -> None:
    look(opened, address)
    tables = opened.run("document.querySelectorAll('.wide').length")
    reached = set()
    for _ in range(60):
        opened.press("Tab", 9)
        reached.add(opened.run("[...document.querySelectorAll('.wide')].indexOf(document.activeElement)"))
    assert reached == {-1, *range(tables)}
    assert tables > 5
    opened.run("document.querySelector('.wide').focus()")
    assert opened.run("getComputedStyle(document.querySelector('.wide')).outlineStyle") != "none"


def test_charts_are_drawn_and_named(opened: Page, address: str) -> None:
    look(opened, address, language="en")
    drawn = opened.run(
        "[...document.querySelectorAll('.chart rect[class^=tone]')].every((one) => one.getBoundingClientRect().width > 0.5)"
    )
    assert drawn
    told = opened.ask("Accessibility.getFullAXTree")["nodes"]
    names: dict[str, list[str]] = {node["role"]["value"]: [] for node in told}
    for node in told:
        names[node["role"]["value"]].append(node.get("name", {}).get("value", ""))
    assert any("Orders by hour" in name for name in names["image"] + names.get("img", []))
    assert "By channel account" in names["region"]
    assert "By channel account" in names["table"]
    assert not any("按渠道账户" in name for name in names["region"] + names["table"])


def test_nothing_of_the_data_became_markup(opened: Page, address: str) -> None:
    look(opened, address)
    assert opened.run("document.querySelectorAll('img, script').length") == 0
    assert EVIL in opened.run("document.body.innerText")


def test_it_prints_light_and_whole(opened: Page, address: str) -> None:
    look(opened, address, scheme="dark")
    opened.ask("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert opened.run("getComputedStyle(document.querySelector('section')).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.run("getComputedStyle(document.querySelector('.language')).display") == "none"
    assert opened.run("getComputedStyle(document.querySelector('.wide')).overflowX") == "visible"
    printed = base64.b64decode(opened.ask("Page.printToPDF", preferCSSPageSize=True)["data"])
    assert printed.startswith(b"%PDF")
    if folder := os.environ.get("SHOTS"):
        (Path(folder) / "report.pdf").write_bytes(printed)
