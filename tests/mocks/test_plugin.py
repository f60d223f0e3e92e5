"""The pytest plugin as an outsider uses it, and what it costs who does not."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]

OUTSIDER = """
import httpx
from mocks import doors

def test_in_process(mock_channels):
    with httpx.Client(transport=doors.transport(mock_channels), base_url="https://mocks.test") as client:
        assert client.get("/_mock/health").json()["status"] == "ok"
        client.post("/_mock/clock/advance", json={"seconds": 60})

def test_over_a_port(mock_server, mock_channel_keys):
    assert mock_server.control("health", method="GET")["status"] == "ok"
    assert (mock_channel_keys / "wechat" / "merchant_key.pem").exists()
    mock_server.control("faults", {"kind": "lose_reply"})

def test_each_test_starts_anew(mock_server):
    assert mock_server.control("faults", method="GET")["faults"] == []
    try:
        mock_server.control("faults", {"kind": "nonsense"})
    except RuntimeError as error:
        assert "lose_reply" in str(error)
"""


def test_outsiders_can_use_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_outsider.py").write_text(OUTSIDER)
    found = any(entry.value == "mocks.plugin" for entry in entry_points(group="pytest11"))  # else: an installation of before it
    named = [] if found else ["-p", "mocks.plugin"]
    command = [sys.executable, "-m", "pytest", "-q", *named, "-p", "no:cacheprovider", str(tmp_path), "--rootdir", str(tmp_path)]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "3 passed" in process.stdout, process.stdout + process.stderr


def test_a_plugin_that_is_not_used_imports_nothing() -> None:
    code = "import sys, pytest; before = set(sys.modules); import mocks.plugin; print(sorted(set(sys.modules) - before))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "['mocks', 'mocks.plugin']"


SHOP = """
import httpx

def health(client: httpx.Client) -> str:
    return client.get("/_mock/health").json()["status"]
"""
SHOP_TESTS = """
import sys
from pathlib import Path

def test_what_nobody_asked_for_was_not_loaded():
    assert sys.modules["mocks.plugin"]
    assert {"httpx", "httpx2", "respx", "cryptography", "payment_channels", "mocks.world"} & set(sys.modules) == set()

def test_the_shop_against_the_mocks(mock_channels, mock_channel_keys):
    import httpx
    import mocks
    from mocks import doors
    from shop import health

    assert Path(mocks.__file__).is_relative_to(sys.prefix)  # what was installed, not the tree that it was made of
    with httpx.Client(transport=doors.transport(mock_channels), base_url="https://mocks.test") as client:
        assert health(client) == "ok"

def test_the_shop_against_a_real_port(mock_server):
    import httpx
    from shop import health

    with httpx.Client(base_url=mock_server.base_url) as client:
        assert health(client) == "ok"
"""


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A Python with the wheel installed, the third parties of this one, and a shop that was written elsewhere."""
    home = tmp_path / "python"
    venv.EnvBuilder(with_pip=False, symlinks=True).create(home)
    site_packages = Path(sysconfig.get_path("purelib", "venv", vars={"base": str(home), "platbase": str(home)}))
    with zipfile.ZipFile(next(WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"]))) as wheel:
        wheel.extractall(site_packages)
    (site_packages / "third_parties.pth").write_text(sysconfig.get_path("purelib"))
    shop = tmp_path / "shop"
    (shop / "tests").mkdir(parents=True)
    (shop / "shop.py").write_text(SHOP)
    (shop / "tests" / "test_shop.py").write_text(SHOP_TESTS)
    (shop / "pyproject.toml").write_text('[tool.pytest.ini_options]\npythonpath = ["."]\n')
    return shop


def test_a_package_from_outside_uses_what_was_installed(outside: Path) -> None:
    # Other plugins load httpx by themselves; by its entry point, ours alone is loaded.
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    python = outside.parent / "python" / "bin" / "python"
    command = [str(python), "-m", "pytest", "-q", "-p", "payment_channels_mocks", "-p", "no:cacheprovider"]
    process = subprocess.run(command, cwd=outside, env=environment, capture_output=True, text=True, check=False)
    assert "3 passed" in process.stdout, process.stdout + process.stderr


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    from mocks.process import running

    (tmp_path / "wechat").mkdir()
    (tmp_path / "wechat" / "channel.toml").write_text("damaged")
    with pytest.raises(RuntimeError, match="not TOML"), running(tmp_path):
        pass
