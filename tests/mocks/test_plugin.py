"""The pytest plugin as an outsider uses it, and what it costs who does not."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

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


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    from mocks.process import running

    (tmp_path / "wechat").mkdir()
    (tmp_path / "wechat" / "channel.toml").write_text("damaged")
    with pytest.raises(RuntimeError, match="not TOML"), running(tmp_path):
        pass
