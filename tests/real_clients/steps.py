"""What a real client's script needs besides its client: the mock's control plane, a listener for notifications, a record.

It runs in the client's own environment, so the standard library is all it may use. ``steps.js`` is the same for Node.
"""

import json
import os
import queue
import threading
import tomllib
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

URL = os.environ["MOCK_URL"]
KEYS = Path(os.environ["MOCK_KEYS"])
MODE = os.environ["MOCK_MODE"]
FACTS: dict[str, Any] = tomllib.loads((KEYS / "channel.toml").read_text(encoding="utf-8"))
_RECORD = Path(os.environ["MOCK_STEPS"])
_PATIENCE = 10.0
Letter = tuple[dict[str, str], str]
"""The headers and the body of a notification, as they came."""


def text(name: str) -> str:
    """Return a file of the folder of keys."""
    return (KEYS / name).read_text(encoding="utf-8")


def control(path: str, content: dict[str, Any] | None = None) -> Any:
    """Ask the control plane; with content by POST, without by GET."""
    body = None if content is None else json.dumps(content).encode()
    with urllib.request.urlopen(f"{URL}/_mock/{path}", body, timeout=_PATIENCE) as reply:  # noqa: S310  the mock's own address
        return json.loads(reply.read())


def step(name: str, wanted: str, act: Callable[[], str]) -> None:
    """Do one step of the life cycle and record what came of it; a step that raises is a step that failed."""
    try:
        got = act()
    except Exception as error:  # noqa: BLE001  whatever a client raises is its outcome
        got = f"raised {type(error).__name__}: {error}"
    with _RECORD.open("a", encoding="utf-8") as record:
        record.write(json.dumps({"step": name, "wanted": wanted, "got": got}, ensure_ascii=False) + "\n")


class Listener:
    """The merchant's notify_url on this machine: takes everything and keeps it in order."""

    def __init__(self) -> None:
        letters: queue.Queue[Letter] = queue.Queue()

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                letters.put((dict(self.headers.items()), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._letters = letters
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}/notify"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def letter(self) -> Letter:
        """Return the next notification, once it is there."""
        return self._letters.get(timeout=_PATIENCE)
