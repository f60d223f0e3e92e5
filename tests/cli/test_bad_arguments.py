"""Arguments that no database and no clock can hold are refused in both languages, never with a traceback."""

import pytest

from payment_channels.cli import main
from tests.cli.conftest import Shop

HUGE = "9" * 25


@pytest.mark.parametrize(
    "arguments",
    [
        ("route", "show", HUGE),
        ("route", "history", "--limit", HUGE),
        ("route", "put-in-force", HUGE, "--who", "Li"),
        ("route", "explain", "payout", "5", "--merchant", "tea\udcff"),
        ("route", "explain", "payout", "5", "--merchant", "x" * 65),
        ("route", "explain", "payout", "5", "--merchant", "tea", "--version", HUGE),
        ("route", "order", "tea\udcff"),
        ("reconcile", "show", HUGE),
        ("reconcile", "close", HUGE, "--proposal", "1", "--who", "Li"),
        ("funding", "status", "--merchant", "tea\udcff"),
        ("report", "--day", "9999-12-31"),
    ],
)
def test_what_cannot_be_held_is_refused(shop: Shop, arguments: tuple[str, ...]) -> None:
    assert shop.run("journal", "init").status == 0
    told = shop.run(*arguments)
    assert told.status == 2
    assert "Traceback" not in told.err


@pytest.mark.parametrize("text", ["0", "-1", "many", "１"])
def test_what_is_no_number_is_refused_in_both_languages(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["journal", "unknown", f"--limit={text}"])
    assert f"{text} 不是正整数 / no whole number above 0" in capsys.readouterr().err
