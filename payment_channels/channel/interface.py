"""Channel: the base of every adapter. Each verb is an exchange; what an adapter does not override is refused."""

from collections.abc import Callable, Generator, Mapping
from datetime import UTC, datetime
from typing import ClassVar, NoReturn

from payment_channels.channel.capability import Manifest
from payment_channels.channel.event import Notice
from payment_channels.channel.reading import Reading
from payment_channels.channel.verbs import Verb
from payment_channels.channel.wire import Exchange, Step
from payment_channels.model.incoming import Inbound
from payment_channels.model.orders import AnyOrder
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import BalanceQuery, BillQuery, PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import NotSupportedError

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present moment, with its zone."""
    return datetime.now(UTC)


class Channel:
    """One merchant's access to one channel: immutable, shared by any number of threads and tasks.

    An adapter overrides ``prepare`` and the verbs that its manifest declares. Verbs that take an order are given its
    ``Prepared``; the others are given the query itself. Each returns a ``Reading`` and never an outcome. To refuse
    before sending, raise a ``PaymentChannelError`` before the first call is yielded.
    """

    manifest: ClassVar[Manifest]

    def __init__(self, *, clock: Clock = system_clock) -> None:
        """``clock`` is the machine's time; tests inject their own."""
        self.clock = clock

    def identity(self) -> Mapping[str, str]:
        """Name the merchant as ``Prepared.wire`` does. What was prepared for another one is not sent, nor asked after, here.

        Two merchants of one core may stand at the same channel: an order sent once more as another merchant's is paid twice.
        """
        return {}

    @property
    def trusted_line(self) -> str:
        """The address whose unsigned answers count, named by the configuration of a channel whose protocol has no signature.

        Empty where answers are signed. ``settle`` believes ``Authenticity.TRUSTED_LINE`` of an answer from there alone.
        """
        return ""

    def prepare(self, order: AnyOrder) -> Exchange[Prepared]:
        """Make the order ready: validate it, give it the wire's ids. Persist the outcome before sending."""
        self._not_supported(order.kind)
        yield from ()

    def ready(self, order: AnyOrder, wire: Mapping[str, str], *, key_id: str = "") -> Prepared:
        """Return the order as ``prepare`` has made it ready, now: what the wire says of it, and with which key it is signed."""
        return Prepared.of(order, self.manifest.name, wire, prepared_at=self.clock(), key_id=key_id)

    def pay(self, prepared: Prepared) -> Exchange[Reading]:
        """Take money (收款)."""
        return self._no_exchange(Verb.PAY, prepared)

    def query(self, asked: PaymentQuery) -> Exchange[Reading]:
        """Ask for a payment (查单)."""
        return self._no_exchange(Verb.QUERY, asked)

    def close(self, prepared: Prepared) -> Exchange[Reading]:
        """Close an order not yet paid (关单)."""
        return self._no_exchange(Verb.CLOSE, prepared)

    def cancel(self, prepared: Prepared) -> Exchange[Reading]:
        """Undo a payment (撤销 / 冲正)."""
        return self._no_exchange(Verb.CANCEL, prepared)

    def refund(self, prepared: Prepared) -> Exchange[Reading]:
        """Give money of a payment back (退款)."""
        return self._no_exchange(Verb.REFUND, prepared)

    def query_refund(self, asked: RefundQuery) -> Exchange[Reading]:
        """Ask for a refund (退款查询)."""
        return self._no_exchange(Verb.QUERY_REFUND, asked)

    def payout(self, prepared: Prepared) -> Exchange[Reading]:
        """Pay money out (代付)."""
        return self._no_exchange(Verb.PAYOUT, prepared)

    def confirm_payout(self, prepared: Prepared) -> Exchange[Reading]:
        """Release a payout that waits for confirmation (确认付款)."""
        return self._no_exchange(Verb.CONFIRM_PAYOUT, prepared)

    def cancel_payout(self, prepared: Prepared) -> Exchange[Reading]:
        """Withdraw a payout that is not final (撤销代付)."""
        return self._no_exchange(Verb.CANCEL_PAYOUT, prepared)

    def query_payout(self, asked: PayoutQuery) -> Exchange[Reading]:
        """Ask for a payout (代付查询)."""
        return self._no_exchange(Verb.QUERY_PAYOUT, asked)

    def payout_batch(self, prepared: Prepared) -> Exchange[Reading]:
        """Pay many (批量代付)."""
        return self._no_exchange(Verb.PAYOUT_BATCH, prepared)

    def query_payout_batch(self, asked: PayoutBatchQuery) -> Exchange[Reading]:
        """Ask for a batch (批量代付查询)."""
        return self._no_exchange(Verb.QUERY_PAYOUT_BATCH, asked)

    def balance(self, asked: BalanceQuery) -> Exchange[Reading]:
        """Ask what an account holds (余额查询)."""
        return self._no_exchange(Verb.BALANCE, asked)

    def bill(self, asked: BillQuery) -> Exchange[Reading]:
        """Fetch one day's bill (对账单)."""
        return self._no_exchange(Verb.BILL, asked)

    def read_notification(self, inbound: Inbound) -> Exchange[Notice]:
        """Verify and read what came in (异步通知). An exchange, since a certificate may have to be fetched."""
        self._not_supported(Verb.READ_NOTIFICATION, inbound)
        yield from ()

    def _no_exchange(self, verb: Verb, asked: object) -> Generator[Step, object, Reading]:
        self._not_supported(verb, asked)
        yield from ()

    def _not_supported(self, verb: str, _asked: object = None) -> NoReturn:
        title = self.manifest
        raise NotSupportedError.because(
            f"渠道{title.title_zh}不支持 {verb}，请在能力表中选择支持它的渠道",
            f"{title.title_en} cannot {verb}: choose a channel whose capabilities list it",
            field=str(verb),
        )
