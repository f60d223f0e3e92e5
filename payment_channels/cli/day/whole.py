"""The whole day, from nine in the morning to the report of the next."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from mocks.process import MockServer
from payment_channels.business import reports
from payment_channels.business.reports import Period, Rate
from payment_channels.cli.day import scenes
from payment_channels.cli.day.stage import Stage, set_up
from payment_channels.cli.day.telling import Told

SCENES: tuple[Callable[[Stage, Told], object], ...] = (
    scenes.opening,
    scenes.collecting,
    scenes.paying_out,
    scenes.going_down,
    scenes.left_behind,
    scenes.the_bill,
)


def business_day(screen: Console, mock: MockServer, report: Path | None = None) -> Told:
    """Play the day against a mock server that nobody else uses; write its report where one is asked for."""
    told = Told(screen)
    with tempfile.TemporaryDirectory() as folder, set_up(mock, Path(folder)) as stage:
        for scene in SCENES:
            scene(stage, told)
        told.step("每一分钱都对得上", "every fen is accounted for", [], stage.funding.faults())
        _report(stage, told, report)
    return told


def _report(stage: Stage, told: Told, place: Path | None) -> None:
    made = reports.report(stage.journal, Period.day(stage.day))
    for figure in made.figures:
        value = figure.value.text if isinstance(figure.value, Rate) else figure.value
        told.aside(f"{figure.title.zh} {value}", f"{figure.title.en}: {value}")
    if place is not None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(reports.page(made), encoding="utf-8")
        told.aside(f"运营报表 {place}", "the report, open it in a browser")
