"""VSP's notifications: what was paid is posted as a form to notify_url until the merchant answers ``success``.

Source: prodoc.allinpay.com/doc/2100: any other answer, or none, brings it again after 15 s, 15 s, 5 m, 10 m and 15 m. That
the waits are counted one after another, and that the status of the answer has to be 200, is assumed.
"""

from urllib.parse import urlencode

from mocks.allinpay import vsp_results
from mocks.allinpay.vsp_signing import Gate
from mocks.allinpay.vsp_trades import Trade
from mocks.clock import Clock
from mocks.notices import Notice, Notices

WAITS = (15, 15, 300, 600, 900)
WORD = "success"
_OK = 200
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}


class Herald:
    """Puts notifications in waiting."""

    def __init__(self, gate: Gate, clock: Clock) -> None:
        """Start without any in waiting."""
        self._gate = gate
        self.notices = Notices(clock, "allinpay", lambda status: status == _OK, WORD)

    def tell(self, one: Trade, url: str | None) -> Notice | None:
        """Tell of a trade, where there is somebody to be told."""
        if not url:
            return None
        fields = vsp_results.notified(one)

        def write() -> tuple[dict[str, str], bytes]:
            return _HEADERS, urlencode(self._gate.sign(fields, fields["signtype"])).encode()

        return self.notices.add(f"{one.kind}.{one.code}", one.reqsn, url, write, WAITS)

    def forged(self, notice: Notice) -> Notice:
        """Post what a notification says once more, with a signature that must not be believed."""

        def write() -> tuple[dict[str, str], bytes]:
            headers, body = notice.write()
            head, _, signature = body.rpartition(b"sign=")
            return headers, head + b"sign=" + (b"A" if signature[:1] != b"A" else b"B") + signature[1:]

        return self.notices.add(notice.event, notice.about, notice.url, write, ())
