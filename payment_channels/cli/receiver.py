"""A small receiver of notifications for the demo: raw bytes in, verified by the client, the exact acknowledgement out."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from payment_channels.channel import Notice
from payment_channels.client import ChannelClient
from payment_channels.model.incoming import Inbound

MAX_BYTES = 1024 * 1024
NOT_FOUND = 404


class Receiver:
    """One channel's door: where its notifications go, and what came in, in order."""

    def __init__(self, url: str, client: ChannelClient) -> None:
        """``url`` is the address to give to the channel; ``client`` verifies what comes."""
        self.url = url
        self.client = client
        self._notices: queue.Queue[Notice] = queue.Queue()

    def take(self, inbound: Inbound) -> Notice:
        """Verify and store a message."""
        notice = self.client.read_notification(inbound)
        self._notices.put(notice)
        return notice

    def next(self, seconds: float = 10) -> Notice:
        """Wait for the next notification.

        Raises:
            RuntimeError: none came.
        """
        try:
            return self._notices.get(timeout=seconds)
        except queue.Empty:
            raise RuntimeError(
                f"{seconds} 秒内没有通知到达 {self.url} / no notification came to {self.url} within {seconds} seconds"
            ) from None


@contextmanager
def receiving(clients: dict[str, ChannelClient]) -> Iterator[dict[str, Receiver]]:
    """Listen on a free loopback port, a path for each channel; every message is verified and answered as its channel asks."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Read the raw body, have it verified, store it, and only then acknowledge."""
            body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), MAX_BYTES))
            receiver = receivers.get(self.path.partition("?")[0].rpartition("/")[2])
            if receiver is None:
                self.send_error(NOT_FOUND)
                return
            answer = receiver.take(Inbound(body=body, headers=dict(self.headers.items()))).acknowledgement
            self.send_response(answer.status)
            for name, text in answer.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            """Stay quiet: the demo tells the story."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    origin = f"http://127.0.0.1:{server.server_address[1]}"
    receivers = {name: Receiver(f"{origin}/notify/{name}", client) for name, client in clients.items()}
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receivers
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
