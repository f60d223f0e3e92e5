"""A report's charts as inline SVG: bars that lie below their labels, or stand in a row. The sheet's table says the same."""

from collections.abc import Iterator

from payment_channels.business.reports.markup import Markup, both, element, joined
from payment_channels.business.reports.sheets import Bar, Chart, Words, grouped, money_text
from payment_channels.model.money import Money

THINNEST = 0.6
"""Percent of the width that even a single order is drawn with: a lone unknown must be seen."""
HEIGHT, TOP, FOOT = 180, 22, 26
"""Pixels of standing bars: the plot, the room above it, and the line of labels below it."""
MOST_LABELS = 6
MANY = 60
"""Standing bars so thin that a line between them would hide them."""
_STEPS = (1, 2, 5, 10)


def figure(chart: Chart, number: str) -> Markup:
    """Draw a chart with its title and the meaning of its colours."""
    drawn = _lying(chart) if chart.lying else _standing(chart, number)
    unit = element("span", both(Words(f"（{chart.unit.zh}）", f" ({chart.unit.en})")), class_="unit")
    caption = element("figcaption", both(chart.title), unit, id=number)
    return element("figure", caption, _legend(chart), drawn, class_="chart")


def patterns() -> Markup:
    """Return the hatchings by which open orders are told from final ones without a colour; once a page."""
    made = [
        element(
            "pattern",
            element("rect", width=6, height=6, class_=f"ground-{tone}"),
            element("line", x1=0, y1=0, x2=0, y2=6, class_=f"stripe-{tone}"),
            id=f"hatch-{tone}",
            width=6,
            height=6,
            patternUnits="userSpaceOnUse",
            patternTransform="rotate(45)",
        )
        for tone in ("unknown", "pending")
    ]
    return element("svg", element("defs", *made), width=0, height=0, aria_hidden="true", class_="patterns")


def _legend(chart: Chart) -> Markup:
    used = [series for place, series in enumerate(chart.series) if any(bar.values[place] for bar in chart.bars)]
    swatches = [
        element(
            "li",
            element(
                "svg",
                element("rect", width=12, height=12, rx=2, class_=f"tone-{one.tone}"),
                width=12,
                height=12,
                aria_hidden="true",
            ),
            both(one.title),
        )
        for one in used
    ]
    return element("ul", *swatches, class_="legend")


def _lying(chart: Chart) -> Markup:
    longest = max((_length(bar) for bar in chart.bars), default=0)
    return element(
        "ol", *(_lying_bar(chart, bar, longest) for bar in chart.bars), class_="bars pairs" if chart.shares else "bars"
    )


def _lying_bar(chart: Chart, bar: Bar, longest: int) -> Markup:
    whole = _length(bar) if chart.shares else longest
    segments = [
        _segment(chart, place, value, x=f"{at:.3f}%", y=0, width=f"{width:.3f}%", height=14)
        for place, value, at, width in _segments(bar.values, whole)
    ]
    label = both(bar.label) if isinstance(bar.label, Words) else joined(bar.label)
    ground = element("rect", x=0, y=0, width="100%", height=14, class_="ground")
    return element(
        "li",
        element("span", label, class_="label"),
        element("span", both(bar.told), class_="told"),
        element("svg", ground, *segments, width="100%", height=14, aria_hidden="true"),
    )


def _length(bar: Bar) -> int:
    """What is below zero is told beside the bar, and not drawn."""
    return sum(value for value in bar.values if value > 0)


def _segments(values: tuple[int, ...], whole: int) -> Iterator[tuple[int, int, float, float]]:
    """Give each value that is not nothing its place, in percent; what the thinnest need is taken from the thickest."""
    widths = {place: max(100 * value / whole, THINNEST) for place, value in enumerate(values) if value > 0}
    if widths:
        widths[max(widths, key=lambda place: widths[place])] -= max(sum(widths.values()) - 100, 0)
    at = 0.0
    for place, width in widths.items():
        yield place, values[place], at, width
        at += width


def _segment(chart: Chart, place: int, value: int, **where: str | float) -> Markup:
    """Draw one value. What the pointer is told stands in both languages: a tooltip cannot be switched."""
    title = chart.series[place].title
    amount = money_text(Money(value, chart.currency)) if chart.currency is not None else grouped(value)
    told = element("title", f"{title.zh} / {title.en}: {amount}")
    return element("rect", told, class_=f"tone-{chart.series[place].tone}", **where)


def ceiling(highest: int) -> int:
    """Return the end of an axis: one, two or five of a power of ten, and two at least, so that its half is whole."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= max(highest, 2) and step * power % 2 == 0:
                return step * power
        power *= 10


def _standing(chart: Chart, number: str) -> Markup:
    top = ceiling(max((_length(bar) for bar in chart.bars), default=0))
    floor = TOP + HEIGHT
    parts: list[Markup] = []
    for value in (top, top // 2, 0):
        y = floor - HEIGHT * value / top
        parts.append(element("line", x1="0%", x2="100%", y1=f"{y:.1f}", y2=f"{y:.1f}", class_="grid"))
        if value:
            parts.append(element("text", grouped(value), x=0, y=f"{y - 5:.1f}", class_="tick"))
    looks = "standing dense" if len(chart.bars) > MANY else "standing"
    slot, every = 100 / len(chart.bars), -(-len(chart.bars) // MOST_LABELS)
    for place, bar in enumerate(chart.bars):
        parts += _standing_bar(chart, bar, slot * place, slot, floor - HEIGHT, top)
        if place % every == 0:
            middle = f"{slot * (place + 0.5):.3f}%"
            label = joined(bar.label) if isinstance(bar.label, str) else both(bar.label, "tspan")
            anchor = "start" if place == 0 else "middle"
            x = "0%" if place == 0 else middle
            parts.append(element("text", label, x=x, y=floor + 18, text_anchor=anchor, class_="tick"))
    return element("svg", *parts, width="100%", height=floor + FOOT, role="img", aria_labelledby=number, class_=looks)


def _standing_bar(chart: Chart, bar: Bar, x: float, slot: float, ceiling_y: float, top: int) -> Iterator[Markup]:
    y = ceiling_y + HEIGHT
    for place, value in enumerate(bar.values):
        if value > 0:
            height = max(HEIGHT * value / top, 1.5)
            y -= height
            across = {"x": f"{x + slot * 0.14:.3f}%", "width": f"{slot * 0.72:.3f}%"}
            yield _segment(chart, place, value, y=f"{y:.2f}", height=f"{height:.2f}", **across)
