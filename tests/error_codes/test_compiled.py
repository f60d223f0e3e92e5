"""The compiled tables say what the written ones say, and are believed only while they are of today."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from error_codes import build, compiled
from error_codes.__main__ import main
from error_codes.catalogue import HERE, Catalogue
from error_codes.translate import Translator

NAMES = ["canonical", *(f"channels/{path.stem}" for path in sorted((HERE / "channels").glob("*.toml")))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the canonical catalogue and one table, compiled."""
    (tmp_path / "channels").mkdir()
    for name in ("canonical", "channels/wechat"):
        shutil.copy(HERE / f"{name}.toml", tmp_path / f"{name}.toml")
    build.build(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_a_compiled_table_says_what_the_written_one_says(name: str) -> None:
    written = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
    held = json.loads((HERE / "compiled" / f"{name}.json").read_text(encoding="utf-8"))
    assert held["table"] == written
    assert compiled.read(HERE, name) == written


def test_at_run_time_no_toml_is_read() -> None:
    program = """
import sys
before = set(sys.modules)
import error_codes
assert "json" in sys.modules and not error_codes.translate.__self__.catalogue._rows, "importing reads no table"
for channel in error_codes.channels():
    error_codes.translate(channel, "pay", where="code", code="NEVER_SEEN")
loaded = set(sys.modules) - before
assert "tomllib" not in loaded, "a compiled table is stale: python -m error_codes build"
assert "importlib.metadata" not in loaded, "only a channel that the folder does not hold is sought among packages"
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)


def test_a_table_of_another_package_is_read_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = (HERE / "channels" / "wechat.toml").read_text(encoding="utf-8")
    (tmp_path / "tea.toml").write_text(written.replace('channel = "wechat"', 'channel = "tea"'), encoding="utf-8")
    package = ModuleType("teapackage")
    package.__dict__["TABLE"] = tmp_path / "tea.toml"
    monkeypatch.setitem(sys.modules, "teapackage", package)
    about = tmp_path / "teapackage-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: teapackage\nVersion: 1\n", encoding="utf-8")
    (about / "entry_points.txt").write_text("[error_codes.tables]\ntea = teapackage:TABLE\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    translator = Translator(Catalogue(HERE))
    of_tea = translator.translate("tea", "refund", where="code", code="NOT_ENOUGH", http=403)
    of_wechat = translator.translate("wechat", "refund", where="code", code="NOT_ENOUGH", http=403)
    assert (of_tea.channel, of_tea.canonical, of_tea.en) == ("tea", of_wechat.canonical, of_wechat.en)


def said(folder: Path) -> str:
    return str(Translator(Catalogue(folder)).translate("wechat", "refund", where="code", code="NOT_ENOUGH", http=403).en)


def edit(folder: Path) -> None:
    path = folder / "channels" / "wechat.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count("send the very same refund again") == 1
    path.write_text(text.replace("send the very same refund again", "SEND IT AS IT WAS"), encoding="utf-8")


def test_an_edited_table_is_in_force_at_once(folder: Path) -> None:
    assert "the very same refund" in said(folder)
    edit(folder)
    assert "SEND IT AS IT WAS" in said(folder)
    assert build.stale(folder) == [folder / "compiled" / "channels" / "wechat.json"]
    build.build(folder)
    assert build.stale(folder) == []
    assert "SEND IT AS IT WAS" in said(folder)


def test_a_compiled_table_of_today_is_what_is_read(folder: Path) -> None:
    path = folder / "compiled" / "channels" / "wechat.json"
    path.write_text(path.read_text(encoding="utf-8").replace("the very same refund", "COMPILED"), encoding="utf-8")
    assert "COMPILED" in said(folder)
    assert build.stale(folder) == [path]  # whoever edits it by hand is found out


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"table":{}}', '{"made_of":[1,2],"table":{}}', "\ufeff{}"])
def test_a_compiled_table_that_cannot_be_read_is_passed_over(folder: Path, content: str) -> None:
    (folder / "compiled" / "channels" / "wechat.json").write_text(content, encoding="utf-8")
    assert "the very same refund" in said(folder)


def test_a_fitting_fingerprint_over_no_table_is_passed_over(folder: Path) -> None:
    path = folder / "compiled" / "channels" / "wechat.json"
    held = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({"made_of": held["made_of"], "table": []}), encoding="utf-8")
    assert "the very same refund" in said(folder)


def test_without_any_compiled_table_the_written_ones_serve(folder: Path) -> None:
    shutil.rmtree(folder / "compiled")
    assert "the very same refund" in said(folder)


def test_a_changed_row_is_a_changed_line(folder: Path) -> None:
    path = folder / "compiled" / "channels" / "wechat.json"
    before = path.read_text(encoding="utf-8").splitlines()
    edit(folder)
    build.build(folder)
    after = path.read_text(encoding="utf-8").splitlines()
    assert [number for number, (old, new) in enumerate(zip(before, after, strict=True)) if old != new][1:] != []
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 2  # the row and the fingerprint


def test_what_has_no_source_any_more_is_named_and_removed(folder: Path) -> None:
    left = folder / "compiled" / "channels" / "gone.json"
    left.write_text("{}", encoding="utf-8")
    assert build.stale(folder) == [left]
    assert build.build(folder) == [left]
    assert not left.exists()
    assert build.stale(folder) == []


def test_build_check_names_what_is_stale_and_writes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("error_codes.__main__.HERE", folder)
    for command in (build.stale, build.build):
        monkeypatch.setattr(command, "__defaults__", (folder,))
    assert main(["build", "--check"]) == 0
    edit(folder)
    assert main(["build", "--check"]) == 1
    told = capsys.readouterr().out
    assert "过期 stale: compiled/channels/wechat.json（请运行 / run `python -m error_codes build`）" in told
    assert main(["build", "--check"]) == 1
    assert main(["build"]) == 0
    assert "写入 written: compiled/channels/wechat.json" in capsys.readouterr().out
    (folder / "compiled" / "channels" / "gone.json").write_text("{}", encoding="utf-8")
    assert main(["build"]) == 0
    assert "删除 removed: compiled/channels/gone.json" in capsys.readouterr().out
    assert main(["build", "--check"]) == 0
