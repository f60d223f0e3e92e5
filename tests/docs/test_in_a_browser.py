"""The finder and the site in a real headless browser, from the folder and without a network: phones, links, injection.

Skipped where there is no Chromium; ``make browser-test`` builds the site, tries all of it and demands one. Without a
built site the finder is tried on a bare page. ``SHOTS=folder`` keeps screenshots.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from error_codes.catalogue import BUILT_IN
from tests.docs.chromium import Browser, Page, browsing, program

ROOT = Path(__file__).parents[2]
FOUND = program()
BUILT = os.environ.get("SITE")
pytestmark = [
    pytest.mark.timeout(300),  # a browser on a busy machine
    pytest.mark.skipif(
        FOUND is None and not os.environ.get("BROWSER_REQUIRED"),
        reason="no Chromium here: install one (Debian: chromium) or name it in CHROMIUM; `make browser-test` demands it",
    ),
]
SEARCH_WORKER = "Failed to construct 'Worker'"  # the theme's own search asks for a server; the finder does not
PHONE, DESK = 390, 1280
SHOWN = "[...document.querySelectorAll('.finder-list a')].filter((one) => one.offsetParent !== null)"
FINDERS = ("zh/errors/find.html", "en/errors/find.html")


BARE = """<!doctype html><html lang="zh"><meta charset="utf-8"><link rel="stylesheet" href="../../css/finder.css">
<main role="main"><div id="finder" data-language="{language}"></div></main>
<script src="../../js/catalogue.js"></script><script src="../../js/finder-words.js"></script>
<script src="../../js/finder.js"></script></html>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site that ``make site`` has built, or the finder's files on bare pages."""
    if BUILT:
        return (ROOT / BUILT).resolve()
    folder = tmp_path_factory.mktemp("site")
    for part in ("js", "css"):
        shutil.copytree(ROOT / "docs" / part, folder / part)
    for name in FINDERS:
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(BARE.format(language=name[:2]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert FOUND, "no Chromium was found: install one (Debian: chromium) or name it in CHROMIUM"
    with browsing(FOUND) as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.page()
    yield opened
    left = [problem for problem in opened.problems if SEARCH_WORKER not in problem]
    assert left == [], "the page has failed, or asked the network"


def at(site: Path, address: str) -> str:
    path, sign, rest = address.partition("#" if "#" in address else "?")
    return (site / path).as_uri() + sign + rest


def look_for(page: Page, words: str) -> list[str]:
    """Type into the finder as a person does; return the links of what is found."""
    page.run("document.getElementById('finder-query').value = ''; document.getElementById('finder-query').focus()")
    page.type(words)
    return hits(page)


def hits(page: Page) -> list[str]:
    found: list[str] = page.run(f"{SHOWN}.map((one) => one.getAttribute('href'))")
    return found


def text(page: Page) -> str:
    shown: str = page.run("document.getElementById('finder').innerText")
    return shown


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        page.picture(Path(folder) / f"{name}.png")


@pytest.mark.parametrize("finder", FINDERS)
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("NOT_ENOUGH", "#wechat/refund/code/NOT_ENOUGH"),
        ("not_enou", "#wechat/refund/code/NOT_ENOUGH"),
        ("ＮＯＴ＿ＥＮＯＵＧＨ", "#wechat/refund/code/NOT_ENOUGH"),
        ("余额", "#PAYER_FUNDS_INSUFFICIENT"),
        ("余额", "#wechat/refund/code/NOT_ENOUGH"),
        ("balance suffice", "#wechat/refund/code/NOT_ENOUGH"),
        ("SYSTEM_ERROR", "#CHANNEL_SYSTEM_ERROR"),
        ("UNMAPPED", "#UNMAPPED_CODE"),
    ],
)
def test_it_finds(page: Page, site: Path, finder: str, words: str, wanted: str) -> None:
    page.open(at(site, finder))
    found = look_for(page, words)
    assert wanted in found, f"{words} finds {found}"


def test_two_words_narrow_down(page: Page, site: Path) -> None:
    page.open(at(site, FINDERS[0]))
    both, one = look_for(page, "微信 单号"), look_for(page, "微信")
    assert 0 < len(both) < len(one)


def test_what_is_typed_in_full_comes_first(page: Page, site: Path) -> None:
    page.open(at(site, FINDERS[0]))
    look_for(page, "SYSTEM_ERROR")
    first = page.run(f"{SHOWN}[0].querySelector('code').textContent")
    assert first == "SYSTEM_ERROR"


def test_nothing_found_says_what_to_do(page: Page, site: Path) -> None:
    page.open(at(site, FINDERS[0]))
    assert look_for(page, "NOBODY_HAS_SEEN_THIS") == []
    assert "先查单" in text(page)


def test_filters_by_channel_and_operation(page: Page, site: Path) -> None:
    page.open(at(site, "zh/errors/find.html?find=NOT_ENOUGH&channel=wechat&operation=refund"))
    assert hits(page) == ["#wechat/refund/code/NOT_ENOUGH"]
    assert page.run("document.querySelector('.modal.show') === null"), "the theme's own search stays shut"
    page.open(at(site, "en/errors/find.html?channel=wechat&operation=close"))
    operations = {link.split("/")[1] for link in hits(page) if "/" in link}
    assert operations
    rows = [row for row in BUILT_IN.rows("wechat") if {"close", "*"} & set(row.operations)]
    assert operations <= {row.operations[0] for row in rows}
    page.run("const s = document.getElementById('finder-channel'); s.value = '*'; s.dispatchEvent(new Event('change'))")
    assert all("/" not in link for link in hits(page)), "canonical codes only"


def test_an_entry_holds_everything(page: Page, site: Path) -> None:
    page.open(at(site, "zh/errors/find.html#wechat/refund/code/NOT_ENOUGH"))
    shown = text(page)
    row = next(one for one in BUILT_IN.rows("wechat") if one.code == "NOT_ENOUGH" and "refund" in one.operations)
    entry = BUILT_IN.canonical(row.canonical)
    texts = [getattr(entry, f"{reader}_{language}") for reader in ("payer", "merchant", "operator") for language in ("zh", "en")]
    for part in [
        row.zh,
        row.en,
        row.canonical,
        "充值后再试",
        "不可以",
        "商户",
        "INSUFFICIENT_FUNDS",
        "HTTP 402",
        row.source,
        *texts,
    ]:
        assert part in shown, part
    assert page.run(f"[...document.querySelectorAll('#finder a')].some((one) => one.href === {json.dumps(row.source)})")
    keep(page, "zh-entry-row")


def test_an_entry_whose_outcome_is_open_promises_nothing(page: Page, site: Path) -> None:
    page.open(at(site, "en/errors/find.html#wechat/payout/code/NOT_ENOUGH"))
    shown = text(page)
    assert "RESULT_UNKNOWN" in shown
    assert "unknown: query first" in shown
    assert "nothing was taken" not in shown.lower()


@pytest.mark.parametrize("finder", FINDERS)
def test_a_canonical_code_lists_what_leads_to_it(page: Page, site: Path, finder: str) -> None:
    page.open(at(site, f"{finder}#MERCHANT_FUNDS_INSUFFICIENT"))
    every = [row for channel in BUILT_IN.channels() for row in BUILT_IN.rows(channel)]
    leading = [row for row in every if row.canonical == "MERCHANT_FUNDS_INSUFFICIENT"]
    assert len(hits(page)) == len(leading) > 1
    assert "AM04" in text(page), "the crosswalk to ISO 20022"
    keep(page, f"{finder[:2]}-entry-canonical")


@pytest.mark.timeout(600)
def test_every_link_leads_to_its_own_entry(page: Page, site: Path) -> None:
    """Each row and each canonical code has one stable address, and it opens that very entry: all of them with the site."""
    page.open(at(site, FINDERS[1]))
    page.run("document.querySelector('.finder-more').click()")
    found = page.run(f"{SHOWN}.map((one) => [one.getAttribute('href'), one.querySelector('code').textContent])")
    rows = sum(len(BUILT_IN.rows(channel)) for channel in BUILT_IN.channels())
    assert len(found) == len({link for link, _ in found}) == rows + len(BUILT_IN.all_canonical())
    assert hits(page) == [link for link, _ in found]
    look_for(page, "NOT_ENOUGH")  # a short list: the long one would be laid out anew with every entry
    page.run(
        """window.follow = async (pairs) => {
          const wrong = [];
          for (const [link, name] of pairs) {
            const shown = new Promise((done) => addEventListener('hashchange', done, { once: true }));
            location.hash = link;
            await shown;
            const [own, code] = ['.finder-link a', '.finder-entry h2 code'].map((one) => document.querySelector(one));
            if (own?.getAttribute('href') !== link || code.textContent !== name) wrong.push(link);
          }
          return wrong;
        };"""
    )
    wrong: list[str] = []
    tried = found if BUILT else found[::11]
    for start in range(0, len(tried), 10):  # few at a time: the browser's patience is for one answer
        wrong += page.run(f"follow({json.dumps(tried[start : start + 10])})")
    assert wrong == []


def test_a_link_from_a_log_finds_the_row(page: Page, site: Path) -> None:
    """What a result says of itself (channel, operation, where, code) is enough, also where the row names the verb alone."""
    page.open(at(site, "zh/errors/find.html#wechat/query.native/trade_state/SUCCESS"))
    assert "PAYMENT_SUCCEEDED" in text(page)
    page.open(at(site, "zh/errors/find.html#wechat/pay/code/NO_SUCH_CODE_EVER"))
    assert "NO_SUCH_CODE_EVER" in text(page)


def test_by_keyboard_alone(page: Page, site: Path) -> None:
    page.open(at(site, FINDERS[0]))
    page.press("/", 191)
    assert page.run("document.activeElement.id") == "finder-query"
    page.type("NOT_ENOUGH")
    page.press("ArrowDown", 40)
    page.press("ArrowDown", 40)
    chosen = page.run("document.activeElement.getAttribute('href')")
    assert chosen == hits(page)[1]
    page.press("Enter", 13)
    page.wait("document.querySelector('.finder-entry h2') !== null && location.hash.length > 1")
    page.press("Escape", 27)
    page.wait("location.hash === ''")
    assert page.run("document.activeElement.id") == "finder-query"
    assert page.run("document.getElementById('finder-query').value") == "NOT_ENOUGH"
    assert len(hits(page)) > 1


@pytest.mark.parametrize(
    "evil",
    [
        "<img src=x onerror=alert(1)>",
        '"><script>alert(1)</script>',
        "javascript:alert(1)",
        "__proto__",
        "constructor",
        "%E0%A4%A",
    ],
)
def test_nothing_becomes_markup(page: Page, site: Path, evil: str) -> None:
    for address in (
        f"zh/errors/find.html#{evil}",
        f"zh/errors/find.html#wechat/pay/code/{evil}",
        f"zh/errors/find.html?find={evil}",
    ):
        page.open(at(site, address))
        assert page.run("document.querySelectorAll('#finder img, #finder script').length") == 0
        assert page.run("document.querySelectorAll('#finder a[href^=javascript]').length") == 0
    look_for(page, evil)
    assert page.run("document.querySelectorAll('#finder img, #finder script').length") == 0


def again(page: Page, changes: str) -> None:
    """Change the catalogue in the page and start the finder on it anew."""
    page.run(
        f"""const rows = CATALOGUE.channels.wechat.rows; {changes}
        const again = document.createElement('script');
        again.src = document.querySelector('script[src$="finder.js"]').src;
        again.onload = () => {{ window.again = true; }}; document.body.append(again);"""
    )
    page.wait("window.again === true")


def test_data_becomes_no_markup(page: Page, site: Path) -> None:
    """As if a table held markup and a source that is no address."""
    page.open(at(site, FINDERS[0]))
    evil = "rows[0].zh = '<img src=x onerror=alert(1)>'; rows[0].source = 'javascript:alert(1)'; rows[0].code = '<b>X</b>';"
    again(page, evil)
    found = look_for(page, "<b>X</b>")
    assert found
    page.run(f"location.hash = {json.dumps(found[0])}")
    page.wait("document.querySelector('.finder-entry h2') !== null")
    assert "<img src=x" in text(page)
    assert page.run("document.querySelectorAll('#finder img, #finder b, #finder a[href^=javascript]').length") == 0


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("#wechat/pay.native/code/K0004/ACQ.GONE", "ACQ.GONE"),
        ("#wechat/pay.native/code/K0004/ACQ.OTHER", "K0004"),
        ("#wechat/pay.native/code/K0004/", "K0004"),
        ("#wechat/pay.native/code/K0004/-", "K0004"),
    ],
)
def test_sub_codes_as_the_sdk_looks_them_up(page: Page, site: Path, asked: str, name: str) -> None:
    """A sub-code under any code, a code whatever its sub-code, and a code without one: three rows, three links."""
    page.open(at(site, FINDERS[1]))
    row = "{...rows[0], kind: 'code', where: 'code', operations: ['pay']"
    again(
        page,
        f"rows.push({row}, code: '*', sub_code: 'ACQ.GONE'}}, {row}, code: 'K0004'}}, {row}, code: 'K0004', sub_code: ''}});",
    )
    links = {link for link in hits(page) if "/pay/code/" in link}
    links |= set(look_for(page, "K0004"))
    assert {"#wechat/pay/code/K0004/", "#wechat/pay/code/K0004/-"} <= links
    page.run(f"location.hash = {json.dumps(asked)}")
    page.wait("document.querySelector('.finder-entry h2 code') !== null")
    assert page.run("document.querySelector('.finder-entry h2 code').textContent") == name
    if asked.endswith(("/", "/-")):
        assert page.run("document.querySelector('.finder-link a').getAttribute('href')") == asked.replace("pay.native", "pay")


PLACES = (
    "index.html",
    "quickstart.html",
    "unknown.html",
    "channels/wechat.html",
    "channels/index.html",
    "capabilities.html",
    "business.html",
    "routing.html",
    "funding.html",
    "reconciliation.html",
    "reports.html",
    "errors/find.html?find=NOT_ENOUGH",
    "errors/find.html#wechat/refund/code/NOT_ENOUGH",
    "errors/canonical.html",
    "errors/wechat.html",
    "reference/results.html",
    "authors/adapter.html",
    "decisions/index.html",
    "decisions/0001-one-interface.html",
)
MENUS = (
    "[...document.querySelectorAll('.navbar-nav > li.dropdown')].filter((one) => getComputedStyle(one).display !== 'none').length"
)


@pytest.mark.skipif(not BUILT, reason="the whole site is tried by `make browser-test`, which builds it")
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_pages_fit_and_speak_their_language(page: Page, site: Path, width: int, language: str) -> None:
    other = "en" if language == "zh" else "zh"
    for place in PLACES:
        page.open(at(site, f"{language}/{place}"), width=width, height=844 if width == PHONE else 900)
        assert page.run("document.documentElement.scrollWidth") <= width, f"{place} is wider than its screen"
        assert page.run("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[language]
        twin = place.partition("#")[0].partition("?")[0]
        first = page.run("document.querySelector('[role=main] h1 + p > a').href")
        assert first.endswith(f"/{other}/{twin}"), f"{place} leads to {first}"
        assert page.run(MENUS) == 5, f"{place} does not show the menus of its own language"
        keep(page, f"{language}-{width}-{''.join(letter if letter.isalnum() else '-' for letter in place)}")
