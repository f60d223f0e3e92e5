"""What is drawn says what is counted: lengths, axes, hatchings; and amounts are written exactly."""

import re
from datetime import timedelta

import pytest

from payment_channels import Money
from payment_channels.business.reports import Bar, Chart, Series, Words
from payment_channels.business.reports.charts import ceiling, figure
from payment_channels.business.reports.sheets import money_text, span_text

SAME = Words("x", "x")
SERIES = (Series(Words("成功", "succeeded"), "succeeded"), Series(Words("未知", "unknown"), "unknown"))


def drawn(*values: tuple[int, ...], shares: bool = False, currency: str | None = None) -> list[list[tuple[str, float, float]]]:
    """The tone, place and width of every part of each bar."""
    bars = tuple(Bar("bar", one, SAME) for one in values)
    text = figure(Chart(SAME, SERIES, bars, SAME, shares=shares, currency=currency), "chart")
    part = re.compile(r'class="tone-(\w+)" x="([\d.]+)%" y="0" width="([\d.]+)%"')
    return [[(tone, float(x), float(width)) for tone, x, width in part.findall(li)] for li in text.split("<li>")[-len(values) :]]


def test_parts_are_as_long_as_their_counts() -> None:
    long, short = drawn((60, 20), (10, 10))
    assert long == [("succeeded", 0.0, 75.0), ("unknown", 75.0, 25.0)]
    assert short == [("succeeded", 0.0, 12.5), ("unknown", 12.5, 12.5)]


def test_shares_fill_the_whole_length() -> None:
    (one, other) = drawn((60, 20), (1, 1), shares=True)
    assert [width for _, _, width in one] == [75.0, 25.0]
    assert [width for _, _, width in other] == [50.0, 50.0]


def test_a_single_unknown_among_many_is_seen_and_nothing_leaves_the_picture() -> None:
    ((most, lone),) = drawn((999_999, 1), shares=True)
    assert lone[2] == pytest.approx(0.6)
    assert most[2] + lone[2] == pytest.approx(100)
    assert drawn((5, 0)) == [[("succeeded", 0.0, 100.0)]]
    assert drawn((0, 0)) == [[]]


def test_what_is_below_zero_is_told_and_not_drawn() -> None:
    assert drawn((-5, 5)) == [[("unknown", 0.0, 100.0)]]


def test_standing_bars_stand_on_one_axis() -> None:
    bars = (Bar("00:00", (30, 0), SAME), Bar("01:00", (10, 5), SAME))
    text = figure(Chart(SAME, SERIES, bars, SAME, lying=False), "chart")
    heights = [float(one) for one in re.findall(r'<rect class="tone-\w+" y="[\d.]+" height="([\d.]+)"', text)]
    assert heights == [108.0, 36.0, 18.0]  # of an axis that ends at 50, and is 180 pixels high
    assert re.findall(r'class="tick">([\d,]+)<', text) == ["50", "25"]


def test_an_axis_ends_at_a_round_number() -> None:
    assert [ceiling(one) for one in (0, 1, 2, 3, 5, 6, 11, 41, 100, 101, 1001)] == [2, 2, 2, 10, 10, 10, 20, 50, 100, 200, 2000]


def test_the_legend_names_what_is_there_and_nothing_else() -> None:
    chart = Chart(SAME, SERIES, (Bar("bar", (1, 0), SAME),), SAME)
    assert re.findall(r'<span lang="en">(\w+)</span></li>', figure(chart, "chart")) == ["succeeded"]


def test_amounts_are_exact_and_say_their_currency() -> None:
    told = [money_text(Money(*one)) for one in ((123456789,), (5,), (-5,), (-123456,), (0,), (1500, "JPY"))]
    assert told == ["1,234,567.89 CNY", "0.05 CNY", "-0.05 CNY", "-1,234.56 CNY", "0.00 CNY", "1,500 minor units JPY"]
    text = figure(Chart(SAME, SERIES, (Bar("bar", (123456, 0), SAME),), SAME, currency="CNY"), "chart")
    assert "成功 / succeeded: 1,234.56 CNY" in text


@pytest.mark.parametrize(
    ("span", "en"),
    [
        (timedelta(seconds=59), "0 min"),
        (timedelta(minutes=61), "1 h 1 min"),
        (timedelta(days=3, hours=2, minutes=59), "3 d 2 h"),
    ],
)
def test_how_long_something_lasts(span: timedelta, en: str) -> None:
    assert span_text(span).en == en
