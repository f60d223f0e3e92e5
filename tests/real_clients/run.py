"""Run third-party clients against the mocks, with no change but base URL and keys: ``make real-clients``.

Each folder here is a channel: its ``channel.toml`` names the clients, the modes that each runs in and the steps that each has
to show. The clients come from their registries into a folder that is thrown away, never into the project's environment. Each
run has a mock of its own, on a free loopback port and with fresh keys. The end is 0 if every step came out as expected.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mocks.process import MockServer, running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_INSTALL_SECONDS, _RUN_SECONDS, _KILLED_SECONDS = 600, 120, 10


@dataclass(frozen=True, slots=True)
class Step:
    """What came of one step."""

    name: str
    wanted: str
    got: str

    @property
    def good(self) -> bool:
        """Say whether it came out as expected."""
        return self.got == self.wanted


@dataclass(frozen=True, slots=True)
class Run:
    """One client in one mode."""

    channel: str
    client: dict[str, Any]
    mode: str
    facts: dict[str, Any]
    steps: tuple[str, ...]

    @property
    def lacks(self) -> dict[str, str]:
        """Return the steps that the client has no call for, and why."""
        lacks: dict[str, str] = self.client.get("lacks", {})
        return lacks


def runs(only: str) -> Iterator[Run]:
    """Find the channels, their clients and their modes; ``only`` is a piece of "channel/client/mode"."""
    for path in sorted(HERE.glob("*/channel.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        for client in content["clients"]:
            for name, mode in content["modes"].items():
                if only in f"{path.parent.name}/{client['name']}/{name}":
                    steps = (*content["steps"], *mode.get("steps", ()))
                    yield Run(path.parent.name, client, name, mode.get("facts", {}), steps)


def install(channel: str, folder: Path) -> None:
    """Install a channel's clients into ``folder``, unless they are there.

    Raises:
        RuntimeError: an installer is missing, or it said no; the text is its own.
    """
    if (folder / "installed").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if (requirements := HERE / channel / "requirements.txt").exists():
        venv.create(folder / "venv", with_pip=True)
        _call([str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", "-r", str(requirements)], folder)
    if (package := HERE / channel / "package.json").exists():
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError("npm is missing: install Node.js 18 or later, or choose other clients by --only")
        shutil.copy(package, folder)
        _call([npm, "install", "--no-audit", "--no-fund", "--no-save", "--silent"], folder)
    (folder / "installed").touch()


def _call(command: list[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=_INSTALL_SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


@contextmanager
def mock(run: Run) -> Iterator[MockServer]:
    """Start a mock with fresh keys, prepared as the mode says."""
    with tempfile.TemporaryDirectory(prefix="keys-") as name:
        keys = Path(name)
        (keys / run.channel).mkdir()
        lines = [f"{fact} = {json.dumps(value)}\n" for fact, value in run.facts.items()]
        (keys / run.channel / "channel.toml").write_text("".join(lines), encoding="utf-8")
        with running(keys) as server:
            yield server


def played(run: Run, clients: Path) -> tuple[list[Step], str]:
    """Let a client go through its steps; return them, and what it said if it did not end as it should."""
    script = HERE / run.channel / run.client["script"]
    python = clients / "venv" / "bin" / "python"
    interpreter = (python if python.exists() else sys.executable) if script.suffix == ".py" else shutil.which("node") or "node"
    with mock(run) as server, tempfile.TemporaryDirectory(prefix="steps-") as name:
        record = Path(name) / "steps"
        environment = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")} | {
            "MOCK_URL": server.base_url,
            "MOCK_KEYS": str(server.keys / run.channel),
            "MOCK_MODE": run.mode,
            "MOCK_STEPS": str(record),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NODE_PATH": str(clients / "node_modules"),
        }
        said = _bounded([str(interpreter), str(script)], environment, Path(name))
        lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
        found = [json.loads(line) for line in lines]
        return [Step(one["step"], one["wanted"], one["got"]) for one in found], said


def _bounded(command: list[str], environment: dict[str, str], folder: Path) -> str:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=_RUN_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # the session that was started here, and nothing else
        said, _ = process.communicate(timeout=_KILLED_SECONDS)
        return f"stopped after {_RUN_SECONDS} seconds\n{said}"
    return f"ended with {process.returncode}\n{said}" if process.returncode else ""


def judged(run: Run, steps: list[Step], said: str) -> int:
    """Print a run's table and return how many of its steps are not as expected: a step that is missing is one of them."""
    width = max(len(name) for name in run.steps)
    bad = 0
    for one in steps:
        bad += not one.good
        wanted = "" if one.good else f"   (expected: {one.wanted})"
        print(f"  {'ok' if one.good else 'NO':3}{one.name:{width}}  {one.got}{wanted}")
    shown = {one.name for one in steps}
    for name in run.steps:
        if name in shown:
            continue
        reason = run.lacks.get(name)
        bad += reason is None
        print(f"  {'NO' if reason is None else '-':3}{name:{width}}  {reason or 'was not shown'}")
    if said:
        bad += 1
        print("\n".join(f"  | {line}" for line in said.splitlines()[-25:]))
    return bad


def main() -> int:
    """Run what was asked for, and close with ``N runs, M of them not as expected``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help='runs whose "channel/client/mode" contains this')
    parser.add_argument(
        "--clients", type=Path, metavar="DIR", help="install the clients here and leave them, to try again sooner"
    )
    options = parser.parse_args()
    chosen = list(runs(options.only))
    failed = 0
    with tempfile.TemporaryDirectory(prefix="real-clients-") as thrown_away:
        folder = (options.clients or Path(thrown_away)).resolve()
        for run in chosen:
            print(f"{run.channel}: {run.client['name']}, {run.mode}", flush=True)
            try:
                install(run.channel, folder / run.channel)
                bad = judged(run, *played(run, folder / run.channel))
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                bad = 1
                print(f"  NO {error}")
            failed += bool(bad)
    print(f"{len(chosen)} runs, {failed} of them not as expected")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
