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


class Receiver:
    """What came in, in order."""

    def __init__(self, origin: str) -> None:
        """``origin`` is where it listens."""
        self.url = f"{origin}/notify"
        self.notices: queue.Queue[Notice] = queue.Queue()

    def next(self, seconds: float = 10) -> Notice:
        """Wait for the next notification.

        Raises:
            RuntimeError: none came.
        """
        try:
            return self.notices.get(timeout=seconds)
        except queue.Empty:
            raise RuntimeError(f"no notification came within {seconds} seconds") from None


@contextmanager
def receiving(client: ChannelClient) -> Iterator[Receiver]:
    """Listen on a free loopback port; every message is verified and answered as the channel asks."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Read the raw body, have it verified, store it, and only then acknowledge."""
            body = self.rfile.read(min(int(self.headers.get("Content-Length", "0")), MAX_BYTES))
            notice = client.read_notification(Inbound(body=body, headers=dict(self.headers.items())))
            receiver.notices.put(notice)
            self.send_response(notice.acknowledgement.status)
            for name, text in notice.acknowledgement.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(notice.acknowledgement.body)))
            self.end_headers()
            self.wfile.write(notice.acknowledgement.body)

        def log_message(self, *_: object) -> None:
            """Stay quiet: the demo tells the story."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
