"""Routing's page is run as written: its policy, its program against scripted channels, and its commands."""

import re
import shlex
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from payment_channels import Money, Outcome, Verb
from payment_channels.business.funding import Funding
from payment_channels.business.routing import RoutingPolicy
from payment_channels.business.routing.health import Position
from payment_channels.business.routing.terms import Days, HealthTerms, Maintenance, Rate, Terms
from payment_channels.cli import main
from payment_channels.cli.settings import read_settings
from tests.business.routing.at_work import in_force
from tests.journal.conftest import SCENE, payout
from tests.journal.scripted import Scripted, told

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("zh", "en")
SETTINGS = """
[journal]
sqlite = "journal.sqlite3"

[keys]
file = "keys.toml"

[accounts.wallet]
channel = "wechat"
folder = "keys"

[accounts.bank]
channel = "cib"
folder = "keys"
"""


def page(language: str) -> str:
    return (DOCS / language / "routing.md").read_text(encoding="utf-8")


def blocks(language: str, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", page(language), re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("journal.toml").write_text(SETTINGS, encoding="utf-8")
    assert main(["journal", "init"]) == 0
    return tmp_path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_program_goes_by_the_policy(language: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (code,), (text,) = blocks(language, "python"), blocks(language, "toml")
    with read_settings(Path("journal.toml")).journal() as journal:
        in_force(journal, RoutingPolicy.model_validate(tomllib.loads(text)))
        Funding(journal).paid_in("tea", "wallet", Money(1_000), reference="1", who="Zhang")
        wires = {name: Scripted() for name in ("wallet", "bank")}
        wires["wallet"].answers[Verb.PAYOUT] = [told(Verb.PAYOUT, Outcome.PENDING)]
        wires["wallet"].answers[Verb.QUERY_PAYOUT] = [told(Verb.QUERY_PAYOUT, Outcome.SUCCEEDED)]
        order = payout("payout0001", 888, ordered_at=datetime.now(UTC), channel_fields={})
        given: dict[str, Any] = {"journal": journal, **wires, "scene": SCENE, "order": order}
        capsys.readouterr()
        exec(compile(code, f"{language}/routing.md", "exec"), given)  # noqa: S102  our own page, run as written
        assert capsys.readouterr().out == "pending wallet payout0001\n"
        ((_, prepared), _) = wires["wallet"].sent
        assert prepared.order.channel_fields == SCENE
        assert Funding(journal).books("tea", "wallet").spent == 888


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_commands(language: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (policy,) = blocks(language, "toml")
    Path("routing.toml").write_text(policy, encoding="utf-8")
    commands = [line.partition(" ")[2] for block in blocks(language, "sh") for line in block.splitlines()]
    assert len(commands) == 10
    for command in commands:
        status = main(shlex.split(command))
        shown = capsys.readouterr()
        assert status == 0, f"{command}: {shown.out}{shown.err}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_condition_and_switch_stands_on_the_page(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = page(language)
    with pytest.raises(SystemExit):
        main(["route", "--help"])
    commands = re.findall(r"^    ([a-z-]+)(?: |$)", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) == 11
    fields = [name for record in (Terms, Rate, Maintenance, HealthTerms) for name in record.model_fields]
    positions = [one for one in Position if one not in {Position.TRIPPED, Position.RETURNED}]
    named = [*commands, *fields, *positions, *Days, "group", "paths", "sub_merchant", "fail_over", "attempts", "when"]
    assert [name for name in named if not re.search(rf"`{name}[` ]", text)] == []


def test_both_languages_have_the_same_policy_program_and_commands() -> None:
    def bare(text: str) -> str:
        return re.sub(r'  #[^\n]*|"[^"\n]*"', "", text)

    for kind in ("python", "toml", "sh"):
        assert [bare(block) for block in blocks("zh", kind)] == [bare(block) for block in blocks("en", kind)]
