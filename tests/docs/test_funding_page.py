"""Funding's page is run as written: its program against a channel that fails, its policy, and its commands."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from payment_channels import Outcome, Verb
from payment_channels.business.funding import AlarmKind, Book
from payment_channels.cli import main
from payment_channels.cli.settings import read_settings
from payment_channels.journal import DurableClient
from tests.journal.conftest import payout
from tests.journal.scripted import Scripted, told

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("zh", "en")
SETTINGS = """
[journal]
sqlite = "journal.sqlite3"

[keys]
file = "keys.toml"

[accounts.shop]
channel = "wechat"
folder = "keys"

[accounts.bank]
channel = "cib"
folder = "keys"
"""


def page(language: str) -> str:
    return (DOCS / language / "funding.md").read_text(encoding="utf-8")


def blocks(language: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page(language), re.DOTALL)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program_and_the_commands(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("journal.toml").write_text(SETTINGS, encoding="utf-8")
    assert main(["journal", "init"]) == 0
    (code,) = blocks(language, "python")
    with read_settings(Path("journal.toml")).journal() as journal:
        wire = Scripted({Verb.PAYOUT: [told(Verb.PAYOUT, Outcome.FAILED)]})
        durable = DurableClient(wire, journal, account="shop")  # type: ignore[arg-type]
        order = payout("payout0001", 888, ordered_at=datetime.now(UTC))
        given: dict[str, Any] = {"journal": journal, "durable": durable, "order": order}
        capsys.readouterr()
        exec(compile(code, f"{language}/funding.md", "exec"), given)  # noqa: S102  our own page, run as written
        assert capsys.readouterr().out == "failed 499112 0 888\n500000 None\n"
    (policy,) = blocks(language, "toml")
    Path("funding.toml").write_text(policy, encoding="utf-8")
    commands = [line.partition(" ")[2] for block in blocks(language, "sh") for line in block.splitlines()]
    assert len(commands) > 10
    for command in commands:
        status = main(shlex.split(command))
        shown = capsys.readouterr()
        assert status == 0, f"{command}: {shown.out}{shown.err}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_book_alarm_and_field_stands_on_the_page(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = page(language)
    with pytest.raises(SystemExit):
        main(["funding", "--help"])
    commands = re.findall(r"^    ([a-z-]+) ", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) > 15
    named = [*commands, *Book, *AlarmKind, "mode", "credit", "alarm", "stop", "merchant_alarm", "fee", "currency"]
    assert [name for name in named if f"`{name}`" not in text] == []


def test_both_languages_have_the_same_program_policy_and_commands() -> None:
    for kind in ("python", "toml", "sh"):
        assert blocks("zh", kind) == blocks("en", kind)
