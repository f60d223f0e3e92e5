"""A channel in a package of its own: the example is built, installed and tested, and the scaffold makes its rooms."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from error_codes.form import ROW, ROW_MORE
from payment_channels.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "corebank"
PHASES = {"awaiting_payer", "awaiting_confirmation", "in_audit", "processing"}
pytestmark = pytest.mark.timeout(300)  # a suite within the suite


def run_tests(folder: Path, installed: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a package's tests in a process of its own, with the SDK of this tree and the package as it is installed."""
    path = os.pathsep.join([str(installed), str(ROOT)])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *options]
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)


def installed(package: Path, place: Path) -> Path:
    """Build a package's wheel in this process and unpack it, as an installer does: its entry points come with it."""
    copy = place / "source"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (wheel,) = WheelBuilder(str(copy)).build(directory=str(place), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


def without_sources(package: Path, place: Path) -> Path:
    """The package's tests alone: what they import has to be the installed package."""
    shutil.copytree(package / "tests", place / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(package / "pyproject.toml", place)
    return place


def test_a_bank_s_own_core_is_a_channel(tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    (tmp_path / "tested").mkdir()
    done = run_tests(without_sources(EXAMPLE, tmp_path / "tested"), installed(EXAMPLE, tmp_path / "built"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


@pytest.fixture(params=[(), ("--payouts",)], ids=["payments", "payouts"])
def scaffold(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    titles = ("--title-zh", "茶馆", "--title-en", "Tea house")
    assert main(["new-channel", "teahouse", *titles, "--into", str(tmp_path), *request.param]) == 0
    told = capsys.readouterr().out
    assert "每条红色测试" in told
    assert "each red one" in told
    return tmp_path / "teahouse"


def rooms(package: Path, name: str) -> set[str]:
    """A package's files, by the place that they have in every package."""
    paths = (
        path.relative_to(package).as_posix() for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    )
    return {path.replace(name, "NAME") for path in paths}


def test_the_example_has_the_rooms_that_the_scaffold_makes(scaffold: Path) -> None:
    made, example = rooms(scaffold, "teahouse"), rooms(EXAMPLE, "corebank")
    left_out = {f"{place}{room}.py" for room in ("notify", "bill") for place in ("src/NAME/", "tests/test_")}
    assert left_out < made  # a core sends no notifications and has no bill: its rooms were taken away, as the guide says
    assert made - left_out == example


def test_every_test_of_a_new_channel_is_red_and_says_what_to_write(scaffold: Path, tmp_path: Path) -> None:
    (tmp_path / "built").mkdir()
    done = run_tests(scaffold, installed(scaffold, tmp_path / "built"), "-rA", "-k", "not async and not httpx2")
    assert done.returncode == 1, done.stdout + done.stderr
    green = {line.split("::", 1)[1] for line in done.stdout.splitlines() if line.startswith("PASSED")}
    assert green == {"test_the_channel_is_found_by_its_entry_points"}  # the only thing that is finished
    for told in (
        "tests/vectors/signing.json：抄录官方公布的签名示例",
        "where the protocol has no signature, do as the README says",
        "src/teahouse/signing.py：按渠道文档写应答如何验签 / write how an answer is verified",
        "tests/vectors/collected.csv：录入渠道的整张错误码表 / type in the channel's whole table",
        "src/teahouse/teahouse.toml：还没有一个状态有含义 / no state has a meaning yet",
        "tests/mock.py：按渠道文档写对端 / write the other end of the wire",
        "src/teahouse/messages.py：按渠道文档写请求报文 / write the order",
        "src/teahouse/notify.py：写通知如何验签与解读，或删去 / write how a notification is verified",
        "src/teahouse/bill.py：写文件如何解析，或删去这间房 / write how the file is read",
    ):
        assert told in done.stdout
    red = [line.split()[1].split("::", 1)[0] for line in done.stdout.splitlines() if line.startswith("FAILED")]
    order = ["signing", "table", "mock", "conformance", "notify", "bill"]  # of the work: ``pytest -x`` follows it
    assert list(dict.fromkeys(red)) == [f"tests/test_{room}.py" for room in order]


def test_the_table_s_template_names_every_key_of_a_row(scaffold: Path) -> None:
    words = set(re.findall(r"[a-z_]+", (scaffold / "src" / "teahouse" / "teahouse.toml").read_text(encoding="utf-8")))
    assert {*ROW, *ROW_MORE, *PHASES} <= words


def test_what_is_made_is_as_well_kept_as_the_house(scaffold: Path) -> None:
    ruff = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--ignore", "EM,TRY,D,S101,INP001"]
    done = subprocess.run([*ruff, "."], cwd=scaffold, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["wechat", "Tea", "1tea", "tea-house", "class", "t", "../tea", "t" * 32])
def test_a_name_that_cannot_be_one_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new-channel", name, "--into", str(tmp_path)]) == 2
    zh, en = capsys.readouterr().out.strip().splitlines()
    assert "渠道" in zh
    assert "channel" in en
    assert not list(tmp_path.iterdir())


def test_titles_cannot_break_out_of_their_quotes_and_nothing_is_written_over(
    scaffold: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new-channel", "second", "--title-en", 'a"b', "--into", str(scaffold.parent)]) == 2
    (scaffold / "README.md").write_text("mine", encoding="utf-8")
    capsys.readouterr()
    assert main(["new-channel", "teahouse", "--into", str(scaffold.parent)]) == 2
    assert "is left alone" in capsys.readouterr().out
    assert (scaffold / "README.md").read_text(encoding="utf-8") == "mine"
