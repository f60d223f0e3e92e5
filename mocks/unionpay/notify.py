"""UnionPay's notifications: what succeeded is posted as a form to backUrl, up to five times.

Source: the comments of the official demos as collected (PaySharp@3423dafe ``BackRcvResponse``): 200 or 302 takes it, else it
comes again after 1, 2, 4 and 5 minutes; failures are not notified. backUrl keeps its own query string, whose parameters a
server will find among the fields.
"""

from mocks.clock import Clock
from mocks.notices import Notice, Notices
from mocks.unionpay import results
from mocks.unionpay.messages import form
from mocks.unionpay.signing import Gate
from mocks.unionpay.transactions import Transaction

WAITS = (60, 120, 240, 300)
TAKEN = frozenset({200, 302})
_HEADERS = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}


class Herald:
    """Puts UnionPay's notifications in waiting."""

    def __init__(self, gate: Gate, clock: Clock) -> None:
        """Start without any in waiting."""
        self._gate = gate
        self.notices = Notices(clock, "unionpay", TAKEN.__contains__)

    def ended(self, one: Transaction) -> None:
        """Tell how a transaction ended, if it succeeded."""
        if not one.succeeded:
            return
        fields = results.notified(one)

        def write() -> tuple[dict[str, str], bytes]:
            return _HEADERS, form(self._gate.sign(fields))

        self.notices.add(f"{one.kind}.{one.code}", one.fields["orderId"], one.fields["backUrl"], write, WAITS)

    def forged(self, notice: Notice) -> Notice:
        """Post what a notification says once more, with a signature that must not be believed."""

        def write() -> tuple[dict[str, str], bytes]:
            headers, body = notice.write()
            head, _, signature = body.rpartition(b"signature=")
            return headers, head + b"signature=" + (b"1" if signature[:1] == b"0" else b"0") + signature[1:]

        return self.notices.add(notice.event, notice.about, notice.url, write, ())
