"""A mock server as a process of its own, for tests that want a real port: started, asked, and ended."""

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_START_SECONDS, _STOP_SECONDS, _ASK_SECONDS = 20.0, 10.0, 10.0


@dataclass(frozen=True, slots=True)
class MockServer:
    """A running mock server: where it is, and where the keys of both sides lie."""

    base_url: str
    keys: Path

    def control(self, path: str, content: dict[str, Any] | None = None, *, method: str = "POST") -> Any:
        """Ask something of the control plane: ``control("<channel>/orders/…/pay")``, ``control("books", method="GET")``.

        Raises:
            RuntimeError: it refused; the text is its own.
        """
        body = json.dumps(content or {}).encode() if method == "POST" else None
        request = urllib.request.Request(f"{self.base_url}/_mock/{path}", body, method=method)  # noqa: S310  our own address
        try:
            with urllib.request.urlopen(request, timeout=_ASK_SECONDS) as reply:  # noqa: S310  the same
                return json.loads(reply.read())
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(json.loads(error.read())["error"]) from error


@contextmanager
def running(keys: Path) -> Iterator[MockServer]:
    """Start ``python -m mocks`` on a free loopback port; end it afterwards.

    Raises:
        RuntimeError: it did not start; the text is what it said.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready, log = Path(folder) / "ready", Path(folder) / "log"
        command = [sys.executable, "-m", "mocks", "--port", "0", "--keys", str(keys), "--ready-file", str(ready)]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603  our own server
        try:
            deadline = time.monotonic() + _START_SECONDS
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > deadline:
                    said = log.read_text(encoding="utf-8", errors="replace")
                    raise RuntimeError(f"模拟服务没有启动 / the mock server did not start: {said}")
                time.sleep(0.02)
            yield MockServer(json.loads(ready.read_text(encoding="utf-8"))["base_url"], keys)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
