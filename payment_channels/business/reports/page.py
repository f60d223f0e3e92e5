"""A report as one HTML page that needs nothing else: no script, no font, no picture from elsewhere, and it opens from a folder.

Both languages stand in it, and two radio buttons choose; without a style sheet both are shown.
"""

from datetime import date, datetime, timedelta
from importlib import resources

from payment_channels.business.calendar import BEIJING
from payment_channels.business.reports.charts import figure, patterns
from payment_channels.business.reports.figures import Figure
from payment_channels.business.reports.markup import Markup, both, coded, element, joined
from payment_channels.business.reports.report import Report
from payment_channels.business.reports.sheets import Cell, Column, Rate, Sheet, Words, grouped, money_text, span_text
from payment_channels.model.money import Money

MOST_ROWS = 200
"""Rows of a table on the page; a CSV file has all."""
TITLE = Words("支付渠道运营报表", "Payment channels: operations report")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""The browser itself is told to run no script and to fetch nothing."""
_LOOKS = dict.fromkeys(("count", "money", "rate", "span"), "n") | {"sentence": "sentence"}


def page(report: Report, *, language: str = "zh") -> str:
    """Write the page; ``language``, ``zh`` or ``en``, is the one that it opens in."""
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{TITLE.zh} · {TITLE.en} · {report.period.first}"),
        element("style", Markup(style)),
    )
    body = element(
        "body",
        patterns(),
        element("a", both(Words("跳到内容", "Skip to content")), href="#content", class_="skip"),
        _top(report, language),
        element(
            "main",
            _figures(report.figures),
            _contents(report.sheets),
            *(_section(sheet.looked_at()) for sheet in report.sheets),
            id="content",
        ),
        _foot(),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='zh-CN' if language == 'zh' else 'en')}\n"


def _top(report: Report, language: str) -> Markup:
    made = f"{report.made_at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"
    choice = element(
        "fieldset",
        element("legend", "语言 Language"),
        _radio("zh", "中文", "zh-CN", chosen=language == "zh"),
        _radio("en", "English", "en", chosen=language == "en"),
        class_="language",
    )
    told = both(
        Words(f"{report.period.zh}（0 时至 24 时，UTC+8）", f"{report.period.en} (midnight to midnight, UTC+8)"),
    )
    at = both(Words(f"生成于北京时间 {made}，各订单按此刻的状态", f"Made at {made} Beijing time; orders as they stood then"))
    return element(
        "header",
        element("div", element("h1", both(TITLE)), element("p", told, class_="period"), element("p", at, class_="made")),
        choice,
    )


def _radio(name: str, text: str, lang: str, *, chosen: bool) -> Markup:
    button = element("input", type="radio", name="language", id=f"in-{name}", checked="checked" if chosen else None)
    # Its language stands in another attribute than the one by which texts are hidden.
    return element("label", button, element("span", text, data_name=lang))


def _figures(figures: tuple[Figure, ...]) -> Markup:
    cards = [
        element(
            "div",
            element("dt", both(one.title)),
            element("dd", written(one.value), class_="value"),
            element("dd", both(one.note), class_="note"),
            class_="figure alarm" if one.alarm else "figure",
        )
        for one in figures
    ]
    return element("dl", *cards, class_="figures")


def _contents(sheets: tuple[Sheet, ...]) -> Markup:
    links = [element("li", element("a", both(one.title), href=f"#{one.name}")) for one in sheets]
    return element("nav", element("ul", *links), aria_label="目录 Contents")


def _section(sheet: Sheet) -> Markup:
    heading = f"{sheet.name}-title"
    charts = [figure(chart, f"{sheet.name}-chart-{number}") for number, chart in enumerate(sheet.charts)]
    inside = [
        element("h2", both(sheet.title), id=heading),
        element("p", both(sheet.note), class_="note"),
        *charts,
        _table(sheet, heading) if sheet.rows else element("p", both(sheet.empty), class_="empty"),
    ]
    return element("section", *inside, id=sheet.name, aria_labelledby=heading)


def _table(sheet: Sheet, heading: str) -> Markup:
    shown = sheet.rows[:MOST_ROWS]
    head = [element("th", both(column.title), scope="col", class_=_LOOKS.get(column.kind)) for column in sheet.columns]
    rows = [element("tr", *(_cell(place, column, row[place]) for place, column in enumerate(sheet.columns))) for row in shown]
    table = element("table", element("thead", element("tr", *head)), element("tbody", *rows), aria_labelledby=heading)
    box = element("div", table, class_="wide", tabindex=0, role="region", aria_labelledby=heading)
    left = len(sheet.rows) - len(shown)
    file = f"{sheet.name}.csv"
    more = Words(f"另有 {grouped(left)} 行，见 CSV 文件 {file}。", f"{grouped(left)} more rows are in the CSV file {file}.")
    return joined(box, element("p", both(more), class_="note")) if left else box


def _cell(place: int, column: Column, value: Cell) -> Markup:
    content = coded(value) if column.kind == "code" and isinstance(value, str) else written(value)
    if place == 0:
        return element("th", content, scope="row")
    looks = [_LOOKS.get(column.kind), "zero" if value == 0 else None]
    return element("td", content, class_=" ".join(filter(None, looks)) or None)


def written(value: Cell) -> Markup:
    """Write a cell for the page."""
    if value is None:
        return element("span", "—", class_="none")
    if isinstance(value, Words):
        return both(value)
    if isinstance(value, timedelta):
        return both(span_text(value))
    return joined(_text(value))


def _text(value: str | int | Money | Rate | datetime | date) -> str:
    if isinstance(value, Money):
        return money_text(value)
    if isinstance(value, Rate):
        return value.text
    if isinstance(value, datetime):
        return f"{value.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    return grouped(value) if isinstance(value, int) else str(value)


def _foot() -> Markup:
    words = Words(
        "金额以元书写、精确到分；笔数与百分数的含义见各表说明。本页不含账号、户名与密钥，不运行脚本，也不访问网络。",
        "Amounts are yuan, exact to the fen; what is counted stands above each table. The page holds no account numbers, "
        "names or keys, runs no script and asks no network.",
    )
    return element("footer", element("p", both(words)))
