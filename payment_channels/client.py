"""ChannelClient and AsyncChannelClient: one merchant at one channel, a line a verb, the same text in both colours.

``http`` is an httpx or httpx2 client of the caller's, or the name of the library to use (``"httpx"`` by default). A
``timeout`` in seconds covers the whole verb. Every verb returns a result once something may have left this machine,
and raises ``PaymentChannelError`` only when nothing has.
"""

from typing import Any, Self, TypeVar

from payment_channels.channel import Channel, Notice, Verb, perform
from payment_channels.channel.perform import prepare, read_notification
from payment_channels.model.incoming import Inbound
from payment_channels.model.orders import (
    AnyOrder,
    CancelOrder,
    CancelPayoutOrder,
    CloseOrder,
    ConfirmPayoutOrder,
    PaymentOrder,
    PayoutBatchOrder,
    PayoutOrder,
    RefundOrder,
)
from payment_channels.model.prepared import Prepared
from payment_channels.model.queries import BalanceQuery, BillQuery, PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.results import (
    BalanceResult,
    BillResult,
    CancelResult,
    CloseResult,
    PaymentResult,
    PayoutBatchResult,
    PayoutResult,
    RefundResult,
)
from payment_channels.transport import AsyncHttpTransport, HttpTransport, adrive, drive

R = TypeVar("R")
DEFAULT_TIMEOUT = 30.0


class _Client:
    def __init__(self, channel: Channel, timeout: float) -> None:
        self.channel = channel
        self.timeout = timeout

    def _seconds(self, timeout: float | None) -> float:
        return self.timeout if timeout is None else timeout

    def __repr__(self) -> str:
        """Name the channel and nothing else."""
        return f"{type(self).__name__}({self.channel.manifest.name!r})"


class ChannelClient(_Client):
    """Blocking. Share it between threads; close it, or use it in a ``with`` block."""

    def __init__(self, channel: Channel, *, http: Any = None, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Open the door to the network; the keys were parsed when the channel was made."""
        super().__init__(channel, timeout)
        self._transport = HttpTransport.over(http, client_class="Client")

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections that were opened here."""
        self.close_connections()

    def close_connections(self) -> None:
        """Close the HTTP client, unless the caller brought it."""
        self._transport.close()

    def _do(self, verb: Verb, asked: Any, _kind: type[R], timeout: float | None) -> R:
        """``_kind`` is for the reader of types alone: which class a verb's result is of, the table of verbs decides."""
        result: Any = drive(perform(self.channel, verb, asked), self._transport, self.timeout if timeout is None else timeout)
        done: R = result
        return done

    def prepare(self, order: AnyOrder, *, timeout: float | None = None) -> Prepared:
        """Make an order ready for the wire. Persist what comes back, then hand it to its verb in place of the order."""
        return drive(prepare(self.channel, order), self._transport, self._seconds(timeout))

    def pay(self, order: PaymentOrder | Prepared, *, timeout: float | None = None) -> PaymentResult:
        """Take money (收款). One money call, never a poll: a pending result carries ``retry_after``."""
        return self._do(Verb.PAY, order, PaymentResult, timeout)

    def query(self, asked: PaymentQuery, *, timeout: float | None = None) -> PaymentResult:
        """Ask for a payment (查单). A query that fails says nothing of the payment."""
        return self._do(Verb.QUERY, asked, PaymentResult, timeout)

    def close(self, order: CloseOrder | Prepared, *, timeout: float | None = None) -> CloseResult:
        """Close an order that is not paid (关单)."""
        return self._do(Verb.CLOSE, order, CloseResult, timeout)

    def cancel(self, order: CancelOrder | Prepared, *, timeout: float | None = None) -> CancelResult:
        """Undo a payment whatever its state (撤销 / 冲正)."""
        return self._do(Verb.CANCEL, order, CancelResult, timeout)

    def refund(self, order: RefundOrder | Prepared, *, timeout: float | None = None) -> RefundResult:
        """Give money of a payment back (退款)."""
        return self._do(Verb.REFUND, order, RefundResult, timeout)

    def query_refund(self, asked: RefundQuery, *, timeout: float | None = None) -> RefundResult:
        """Ask for a refund (退款查询)."""
        return self._do(Verb.QUERY_REFUND, asked, RefundResult, timeout)

    def payout(self, order: PayoutOrder | Prepared, *, timeout: float | None = None) -> PayoutResult:
        """Pay money out (代付)."""
        return self._do(Verb.PAYOUT, order, PayoutResult, timeout)

    def confirm_payout(self, order: ConfirmPayoutOrder | Prepared, *, timeout: float | None = None) -> PayoutResult:
        """Release a payout that waits for confirmation (确认付款)."""
        return self._do(Verb.CONFIRM_PAYOUT, order, PayoutResult, timeout)

    def cancel_payout(self, order: CancelPayoutOrder | Prepared, *, timeout: float | None = None) -> PayoutResult:
        """Withdraw a payout that is not final (撤销代付)."""
        return self._do(Verb.CANCEL_PAYOUT, order, PayoutResult, timeout)

    def query_payout(self, asked: PayoutQuery, *, timeout: float | None = None) -> PayoutResult:
        """Ask for a payout (代付查询)."""
        return self._do(Verb.QUERY_PAYOUT, asked, PayoutResult, timeout)

    def payout_batch(self, order: PayoutBatchOrder | Prepared, *, timeout: float | None = None) -> PayoutBatchResult:
        """Pay many in one message (批量代付)."""
        return self._do(Verb.PAYOUT_BATCH, order, PayoutBatchResult, timeout)

    def query_payout_batch(self, asked: PayoutBatchQuery, *, timeout: float | None = None) -> PayoutBatchResult:
        """Ask for a batch (批量代付查询)."""
        return self._do(Verb.QUERY_PAYOUT_BATCH, asked, PayoutBatchResult, timeout)

    def balance(self, asked: BalanceQuery, *, timeout: float | None = None) -> BalanceResult:
        """Ask what an account holds (余额查询)."""
        return self._do(Verb.BALANCE, asked, BalanceResult, timeout)

    def read_notification(self, inbound: Inbound, *, timeout: float | None = None) -> Notice:
        """Verify and read what came in (异步通知). Compare its events with your orders by ``Event.against``."""
        return drive(read_notification(self.channel, inbound), self._transport, self._seconds(timeout))

    def bill(self, asked: BillQuery, *, timeout: float | None = None) -> BillResult:
        """Fetch one day's bill (对账单)."""
        return self._do(Verb.BILL, asked, BillResult, timeout)


class AsyncChannelClient(_Client):
    """The same verbs on asyncio. Share it between tasks of one loop; close it, or use it in an ``async with`` block."""

    def __init__(self, channel: Channel, *, http: Any = None, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Open the door to the network; the keys were parsed when the channel was made."""
        super().__init__(channel, timeout)
        self._transport = AsyncHttpTransport.over(http, client_class="AsyncClient")

    async def __aenter__(self) -> Self:
        """Return the client itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections that were opened here."""
        await self.close_connections()

    async def close_connections(self) -> None:
        """Close the HTTP client, unless the caller brought it."""
        await self._transport.aclose()

    async def _do(self, verb: Verb, asked: Any, _kind: type[R], timeout: float | None) -> R:
        exchange = perform(self.channel, verb, asked)
        result: Any = await adrive(exchange, self._transport, self.timeout if timeout is None else timeout)
        done: R = result
        return done

    async def prepare(self, order: AnyOrder, *, timeout: float | None = None) -> Prepared:
        """Make an order ready for the wire. Persist what comes back, then hand it to its verb in place of the order."""
        return await adrive(prepare(self.channel, order), self._transport, self._seconds(timeout))

    async def pay(self, order: PaymentOrder | Prepared, *, timeout: float | None = None) -> PaymentResult:
        """Take money (收款). One money call, never a poll: a pending result carries ``retry_after``."""
        return await self._do(Verb.PAY, order, PaymentResult, timeout)

    async def query(self, asked: PaymentQuery, *, timeout: float | None = None) -> PaymentResult:
        """Ask for a payment (查单). A query that fails says nothing of the payment."""
        return await self._do(Verb.QUERY, asked, PaymentResult, timeout)

    async def close(self, order: CloseOrder | Prepared, *, timeout: float | None = None) -> CloseResult:
        """Close an order that is not paid (关单)."""
        return await self._do(Verb.CLOSE, order, CloseResult, timeout)

    async def cancel(self, order: CancelOrder | Prepared, *, timeout: float | None = None) -> CancelResult:
        """Undo a payment whatever its state (撤销 / 冲正)."""
        return await self._do(Verb.CANCEL, order, CancelResult, timeout)

    async def refund(self, order: RefundOrder | Prepared, *, timeout: float | None = None) -> RefundResult:
        """Give money of a payment back (退款)."""
        return await self._do(Verb.REFUND, order, RefundResult, timeout)

    async def query_refund(self, asked: RefundQuery, *, timeout: float | None = None) -> RefundResult:
        """Ask for a refund (退款查询)."""
        return await self._do(Verb.QUERY_REFUND, asked, RefundResult, timeout)

    async def payout(self, order: PayoutOrder | Prepared, *, timeout: float | None = None) -> PayoutResult:
        """Pay money out (代付)."""
        return await self._do(Verb.PAYOUT, order, PayoutResult, timeout)

    async def confirm_payout(self, order: ConfirmPayoutOrder | Prepared, *, timeout: float | None = None) -> PayoutResult:
        """Release a payout that waits for confirmation (确认付款)."""
        return await self._do(Verb.CONFIRM_PAYOUT, order, PayoutResult, timeout)

    async def cancel_payout(self, order: CancelPayoutOrder | Prepared, *, timeout: float | None = None) -> PayoutResult:
        """Withdraw a payout that is not final (撤销代付)."""
        return await self._do(Verb.CANCEL_PAYOUT, order, PayoutResult, timeout)

    async def query_payout(self, asked: PayoutQuery, *, timeout: float | None = None) -> PayoutResult:
        """Ask for a payout (代付查询)."""
        return await self._do(Verb.QUERY_PAYOUT, asked, PayoutResult, timeout)

    async def payout_batch(self, order: PayoutBatchOrder | Prepared, *, timeout: float | None = None) -> PayoutBatchResult:
        """Pay many in one message (批量代付)."""
        return await self._do(Verb.PAYOUT_BATCH, order, PayoutBatchResult, timeout)

    async def query_payout_batch(self, asked: PayoutBatchQuery, *, timeout: float | None = None) -> PayoutBatchResult:
        """Ask for a batch (批量代付查询)."""
        return await self._do(Verb.QUERY_PAYOUT_BATCH, asked, PayoutBatchResult, timeout)

    async def balance(self, asked: BalanceQuery, *, timeout: float | None = None) -> BalanceResult:
        """Ask what an account holds (余额查询)."""
        return await self._do(Verb.BALANCE, asked, BalanceResult, timeout)

    async def read_notification(self, inbound: Inbound, *, timeout: float | None = None) -> Notice:
        """Verify and read what came in (异步通知). Compare its events with your orders by ``Event.against``."""
        return await adrive(read_notification(self.channel, inbound), self._transport, self._seconds(timeout))

    async def bill(self, asked: BillQuery, *, timeout: float | None = None) -> BillResult:
        """Fetch one day's bill (对账单)."""
        return await self._do(Verb.BILL, asked, BillResult, timeout)
