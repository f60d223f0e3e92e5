"""The mock server as a process of its own, and its control plane, for the demo."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 30
STOP_SECONDS = 5


@dataclass(frozen=True, slots=True)
class MockServer:
    """A running mock: where it is, and where the keys of both sides lie."""

    origin: str
    keys: Path

    def control(self, path: str, content: dict[str, Any] | None = None, *, method: str = "POST") -> Any:
        """Ask something of the control plane, ``/_mock/…``.

        Raises:
            RuntimeError: it refused; the text is its own.
        """
        body = json.dumps(content or {}).encode() if method == "POST" else None
        request = urllib.request.Request(  # noqa: S310  the address is the one we started
            f"{self.origin}/_mock/{path}", data=body, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310  the same
                return json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.code} {error.read().decode(errors='replace')}") from error


@contextmanager
def running(folder: Path) -> Iterator[MockServer]:
    """Start ``python -m mocks`` on a free loopback port; stop it afterwards.

    Raises:
        RuntimeError: it did not start; the text is what it said.
    """
    keys, ready, log = folder / "keys", folder / "ready", folder / "mocks.log"
    command = [sys.executable, "-m", "mocks", "--port", "0", "--keys", str(keys), "--ready-file", str(ready)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603  our own server
    try:
        yield MockServer(_origin(process, ready, log), keys)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _origin(process: "subprocess.Popen[bytes]", ready: Path, log: Path) -> str:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ready.exists() and ready.read_text(encoding="utf-8").strip():
            return str(json.loads(ready.read_text(encoding="utf-8"))["base_url"])
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"the mock server did not start: {log.read_text(encoding='utf-8', errors='replace')[-2000:]}")
