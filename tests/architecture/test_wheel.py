"""What is shipped works, not only what lies in the tree: the wheel is built, unpacked into a bare environment and used."""

import json
import subprocess
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
PACKAGES = ("payment_channels", "error_codes", "mocks")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built in this process: no network, no isolated environment."""
    folder = tmp_path_factory.mktemp("wheel")
    return Path(next(WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])))


@pytest.fixture(scope="module")
def bare_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel and nothing else, not even pip."""
    home = tmp_path_factory.mktemp("bare")
    venv.EnvBuilder(with_pip=False, symlinks=True).create(home)
    python = home / "bin" / "python"
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site_packages = subprocess.run([python, "-I", "-c", where], check=True, capture_output=True, text=True).stdout.strip()
    assert Path(site_packages).is_relative_to(home)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site_packages)
    return python


def said(python: Path, program: str) -> object:
    """Run a program in the bare environment, away from the tree, and read the JSON that it prints."""
    run = subprocess.run([python, "-I", "-c", program], cwd=python.parent, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_it_carries_the_packages_with_their_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    in_tree = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    shipped = {name for name in names if ".dist-info/" not in name}
    assert shipped == in_tree
    assert {f"{package}/py.typed" for package in PACKAGES} <= shipped
    assert "error_codes/canonical.toml" in shipped
    tables = {path.stem for path in (ROOT / "error_codes" / "channels").glob("*.toml")}
    assert {"error_codes/compiled/canonical.json", *(f"error_codes/compiled/channels/{name}.json" for name in tables)} <= shipped
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_its_metadata_and_its_front_door_agree_on_the_version(bare_python: Path) -> None:
    program = """
import importlib.metadata, json, payment_channels
print(json.dumps([importlib.metadata.version("payment-channels"), payment_channels.__version__]))
"""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert said(bare_python, program) == [declared, declared]


def test_the_catalogue_translates_without_any_third_party(bare_python: Path) -> None:
    program = """
import importlib.util, json, sys
from error_codes import translate

def words(code):
    meaning = translate("wechat", "refund", where="code", code=code, http=403)
    return [meaning.canonical, meaning.effect, meaning.zh, meaning.en]

print(json.dumps({
    "known": words("NOT_ENOUGH"),
    "unheard of": words("NEVER_SEEN_BEFORE"),
    "read as TOML": "tomllib" in sys.modules,
    "third parties": [name for name in ("cryptography", "httpx", "pydantic", "pip") if importlib.util.find_spec(name)],
    "from": sys.modules["error_codes"].__file__,
}))
"""
    answer = said(bare_python, program)
    assert isinstance(answer, dict)
    assert answer["third parties"] == []
    assert Path(answer["from"]).is_relative_to(bare_python.parents[1])  # the wheel's own, not the tree's
    assert answer["read as TOML"] is False  # the compiled tables fit the written ones that are shipped with them
    known, unheard_of = answer["known"], answer["unheard of"]
    assert all(isinstance(word, str) and word for word in known + unheard_of)
    assert known[0] != unheard_of[0]
    assert unheard_of[1] == "unknown"  # what was never seen before says nothing of the money
