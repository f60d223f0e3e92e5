"""``python -m mocks`` as a process: it says where it is, answers over a real port, and ends on SIGTERM with 0."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest

from mocks.process import running
from mocks.wire import MockReply, MockRequest


@pytest.fixture
def started(keys_folder: Path, tmp_path: Path) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "mocks", "--port", "0", "--keys", str(keys_folder.parent), "--ready-file", str(ready)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        deadline = time.monotonic() + 20
        while not ready.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        yield process, json.loads(ready.read_text(encoding="utf-8"))["base_url"]
    finally:
        process.kill()
        process.communicate()


def sender(base_url: str) -> Callable[[MockRequest], MockReply]:
    def send(request: MockRequest) -> MockReply:
        connection = http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=10)
        try:
            connection.request(request.method, request.target, request.body, request.headers)
            reply = connection.getresponse()
            return MockReply(reply.status, {name.title(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()

    return send


def control(base_url: str, path: str, content: Any) -> MockReply:
    return sender(base_url)(MockRequest("POST", f"/_mock{path}", "", {}, json.dumps(content).encode()))


def test_a_payment_over_a_real_port_and_a_clean_end(started: Any, merchant_of: Callable[..., Any]) -> None:
    process, base_url = started
    assert base_url.startswith("http://127.0.0.1:")
    signed = merchant_of(sender(base_url))
    assert signed.native("order-|*1").status == 200
    assert control(base_url, "/wechat/orders/order-%7C*1/pay", {}).status == 200
    assert signed.query("order-%7C*1").json["trade_state"] == "SUCCESS"
    assert signed.refund(order="order-|*1").json["status"] == "PROCESSING"
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert base_url in output
    assert "/v3/pay/transactions/native" in output
    for told in ("密钥 / keys", "控制面 / control plane", f"{base_url} 已就绪，Ctrl-C 结束 / ready; Ctrl-C ends it"):
        assert told in output
    for remark in ("密文 / encrypted", "付款页的表单 / the form of", "文件的下载地址 / the address of"):
        assert remark in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("kind", "error"),
    [("lose_reply", http.client.RemoteDisconnected), ("reset", ConnectionResetError), ("half_body", http.client.IncompleteRead)],
)
def test_a_broken_connection_is_really_broken_and_the_next_one_works(
    started: Any, merchant_of: Callable[..., Any], kind: str, error: type[Exception]
) -> None:
    _, base_url = started
    signed = merchant_of(sender(base_url))
    control(base_url, "/faults", {"kind": kind})
    with pytest.raises(error):
        signed.native()
    assert signed.query().json["trade_state"] == "NOTPAY"  # executed


def test_a_delayed_answer_keeps_nobody_else_waiting(started: Any, merchant_of: Callable[..., Any]) -> None:
    _, base_url = started
    signed = merchant_of(sender(base_url))
    control(base_url, "/faults", {"kind": "delay", "seconds": 1.5, "path": "/native"})
    began = time.monotonic()
    slow = threading.Thread(target=signed.native)
    slow.start()
    deadline = began + 10
    while signed.query().status != 200 and time.monotonic() < deadline:  # executed at once, and answered later
        time.sleep(0.02)
    assert time.monotonic() - began < 1.5
    slow.join()
    assert time.monotonic() - began >= 1.5


class Receiver(BaseHTTPRequestHandler):
    """Refuses the first notification and takes the others."""

    got: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.got.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(500 if len(self.got) == 1 else 204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        pass


def attempts(base_url: str) -> list[dict[str, Any]]:
    shown = sender(base_url)(MockRequest("GET", "/_mock/notifications"))
    found: list[dict[str, Any]] = json.loads(shown.body)["wechat"][0]["attempts"]
    return found


def test_notifications_are_really_posted_and_repeated(started: Any, merchant_of: Callable[..., Any]) -> None:
    _, base_url = started
    Receiver.got.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def wait_for(number: int) -> None:
        deadline = time.monotonic() + 10
        while len(Receiver.got) < number and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(Receiver.got) == number

    try:
        signed = merchant_of(sender(base_url))
        assert signed.native(notify_url=f"http://127.0.0.1:{server.server_port}/notify").status == 200
        assert control(base_url, "/wechat/orders/order0001/pay", {}).status == 200
        wait_for(1)
        time.sleep(0.3)
        assert len(Receiver.got) == 1  # the next one is fifteen business seconds away
        control(base_url, "/clock/advance", {"seconds": 15})
        wait_for(2)
        assert json.loads(Receiver.got[0])["id"] == json.loads(Receiver.got[1])["id"]
        deadline = time.monotonic() + 10
        while len(attempts(base_url)) < 2 and time.monotonic() < deadline:  # it is written down once the receiver has answered
            time.sleep(0.02)
        assert [attempt["status"] for attempt in attempts(base_url)] == [500, 204]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_absolute_form_request_line_is_understood(started: Any) -> None:
    _, base_url = started
    host = urlsplit(base_url)
    with socket.create_connection((host.hostname or "", host.port or 0), timeout=10) as connection:
        connection.sendall(f"GET {base_url}/_mock/health HTTP/1.1\r\nHost: {host.netloc}\r\nConnection: close\r\n\r\n".encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_a_start_that_cannot_be_says_why(tmp_path: Path, keys_folder: Path) -> None:
    folder = tmp_path / "keys" / "wechat"
    folder.mkdir(parents=True)
    (folder / "platform_key.pem").write_text("damaged")
    process = subprocess.run(
        [sys.executable, "-m", "mocks", "--port", "0", "--keys", str(folder.parent)], capture_output=True, text=True, check=False
    )
    assert process.returncode == 1
    for told in (
        "platform_key.pem 不可用：不是已知种类的 PEM 私钥",
        "platform_key.pem cannot be used: it is not a PEM private key",
    ):
        assert told in process.stderr
    assert "Traceback" not in process.stderr
    assert (folder / "platform_key.pem").read_text() == "damaged"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process = subprocess.run(
            [sys.executable, "-m", "mocks", "--port", port, "--keys", str(keys_folder.parent)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert process.returncode == 1
    assert f"无法监听 127.0.0.1:{port}" in process.stderr
    assert f"cannot listen on 127.0.0.1:{port}" in process.stderr


def test_a_ready_file_that_cannot_be_written_is_named_and_ends_it(tmp_path: Path, keys_folder: Path) -> None:
    place = tmp_path / "missing" / "ready"
    command = [sys.executable, "-m", "mocks", "--port", "0", "--keys", str(keys_folder.parent), "--ready-file", str(place)]
    process = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert process.returncode == 1
    assert f"无法写入 {place}" in process.stderr
    assert f"cannot write {place}" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.fixture
def without_uvicorn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As where the extra is not installed: the first uvicorn that Python finds is missing."""
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "uvicorn.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'uvicorn'\", name='uvicorn')\n", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(missing))
    return tmp_path / "keys"


def test_without_its_extra_it_says_what_to_install(without_uvicorn: Path) -> None:
    command = [sys.executable, "-m", "mocks", "--port", "0", "--keys", str(without_uvicorn)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    for part in ("uvicorn", "需要额外依赖", "needs an extra", "pip install 'payment-channels[mocks]'"):
        assert part in done.stderr


def test_whoever_starts_it_hears_the_same(without_uvicorn: Path) -> None:
    with pytest.raises(RuntimeError, match="没有启动 / the mock server did not start") as caught, running(without_uvicorn):
        pytest.fail("it started without what it stands on")
    assert "pip install 'payment-channels[mocks]'" in str(caught.value)
    assert "Traceback" not in str(caught.value)
