"""The runner of real clients, tried with a client that needs no registry: it must notice every way in which a client can fail."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.real_clients import run

CHANNEL = """
steps = ["health", "order"]
[modes.plain]
[[clients]]
name = "made up"
script = "life.py"
[clients.lacks]
"order" = "it only asks for health"
"""
LIFE = """
from tests.real_clients.steps import FACTS, control, step

step("health", "ok", lambda: control("health")["status"])
"""


def ran(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, life: str, channel: str = CHANNEL) -> int:
    """Run the made-up client in a channel folder of its own."""
    folder = tmp_path / "wechat"
    folder.mkdir()
    (folder / "channel.toml").write_text(channel, encoding="utf-8")
    (folder / "life.py").write_text(life, encoding="utf-8")
    monkeypatch.setattr(run, "HERE", tmp_path)
    monkeypatch.setattr("sys.argv", ["run"])
    return run.main()


def test_a_client_that_does_as_expected_is_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ran(tmp_path, monkeypatch, LIFE) == 0
    shown = capsys.readouterr().out
    assert "made up, plain" in shown
    assert "it only asks for health" in shown
    assert "1 runs, 0 of them not as expected" in shown


@pytest.mark.parametrize(
    ("life", "said"),
    [
        (LIFE.replace('"ok"', '"well"'), "expected: well"),
        (LIFE.replace('control("health")["status"]', "1 / 0"), "raised ZeroDivisionError"),
        ("", "was not shown"),
        (f"{LIFE}\nraise SystemExit(3)", "ended with 3"),
        (f"{LIFE}\nimport time; time.sleep(60)", "stopped after 1 seconds"),
    ],
)
def test_what_is_not_as_expected_is_said_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], life: str, said: str
) -> None:
    if "sleep" in life:
        monkeypatch.setattr(run, "_RUN_SECONDS", 1)
    assert ran(tmp_path, monkeypatch, life) == 1
    assert said in capsys.readouterr().out


def test_nothing_chosen_is_no_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran(tmp_path, monkeypatch, LIFE, "clients = []\nsteps = []\n[modes.plain]") == 1


def channels() -> list[Path]:
    return sorted(Path(__file__).parent.glob("*/channel.toml"))


@pytest.mark.parametrize("path", channels(), ids=lambda path: path.parent.name)
def test_each_client_is_there_and_pinned(path: Path) -> None:
    import json
    import re

    content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    known = {*content["steps"], *(step for mode in content["modes"].values() for step in mode.get("steps", ()))}
    for client in content["clients"]:
        assert (path.parent / client["script"]).exists()
        assert set(client.get("lacks", {})) <= known
    if (package := path.parent / "package.json").exists():
        versions = json.loads(package.read_text(encoding="utf-8"))["dependencies"].values()
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
    if (requirements := path.parent / "requirements.txt").exists():
        lines = [line for line in requirements.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        assert lines
        assert all("==" in line for line in lines)
