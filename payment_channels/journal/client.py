"""DurableClient and AsyncDurableClient: the same verbs, each order persisted before the wire and its outcome after it.

The same order again returns what is known of it and sends nothing; the same number with other content is refused. An
exception still means that nothing left this machine.
"""

import asyncio
from typing import Any

from payment_channels.channel import Verb
from payment_channels.client import AsyncChannelClient, ChannelClient
from payment_channels.journal.durable import Durable, R, known
from payment_channels.journal.journal import Journal, Opening
from payment_channels.model.orders import (
    CancelOrder,
    CancelPayoutOrder,
    CloseOrder,
    ConfirmPayoutOrder,
    PaymentOrder,
    PayoutBatchOrder,
    PayoutOrder,
    RefundOrder,
)
from payment_channels.model.queries import PaymentQuery, PayoutBatchQuery, PayoutQuery, RefundQuery
from payment_channels.model.refusals import PaymentChannelError
from payment_channels.model.results import (
    CancelResult,
    CloseResult,
    PaymentResult,
    PayoutBatchResult,
    PayoutResult,
    RefundResult,
    Result,
)


class DurableClient(Durable):
    """Blocking. Share it between threads."""

    def __init__(self, client: ChannelClient, journal: Journal, *, account: str) -> None:
        """Put a journal before a client; ``account`` names this merchant at this channel."""
        super().__init__(client.channel, journal, account, client.timeout)
        self.client = client

    def pay(self, order: PaymentOrder, *, timeout: float | None = None) -> PaymentResult:
        """Take money (收款)."""
        return self._do(Verb.PAY, order, PaymentResult, timeout)

    def refund(self, order: RefundOrder, *, timeout: float | None = None) -> RefundResult:
        """Give money of a payment back (退款)."""
        return self._do(Verb.REFUND, order, RefundResult, timeout)

    def close(self, order: CloseOrder, *, timeout: float | None = None) -> CloseResult:
        """Close an order that is not paid (关单)."""
        return self._do(Verb.CLOSE, order, CloseResult, timeout)

    def cancel(self, order: CancelOrder, *, timeout: float | None = None) -> CancelResult:
        """Undo a payment whatever its state (撤销 / 冲正)."""
        return self._do(Verb.CANCEL, order, CancelResult, timeout)

    def payout(self, order: PayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Pay money out (代付)."""
        return self._do(Verb.PAYOUT, order, PayoutResult, timeout)

    def confirm_payout(self, order: ConfirmPayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Release a payout that waits for confirmation (确认付款)."""
        return self._do(Verb.CONFIRM_PAYOUT, order, PayoutResult, timeout)

    def cancel_payout(self, order: CancelPayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Withdraw a payout that is not final (撤销代付)."""
        return self._do(Verb.CANCEL_PAYOUT, order, PayoutResult, timeout)

    def payout_batch(self, order: PayoutBatchOrder, *, timeout: float | None = None) -> PayoutBatchResult:
        """Pay many in one message (批量代付)."""
        return self._do(Verb.PAYOUT_BATCH, order, PayoutBatchResult, timeout)

    def query(self, asked: PaymentQuery, *, timeout: float | None = None) -> PaymentResult:
        """Ask for a payment (查单); what is said is noted at the order."""
        return self._ask(Verb.QUERY, asked, PaymentResult, timeout)

    def query_refund(self, asked: RefundQuery, *, timeout: float | None = None) -> RefundResult:
        """Ask for a refund (退款查询)."""
        return self._ask(Verb.QUERY_REFUND, asked, RefundResult, timeout)

    def query_payout(self, asked: PayoutQuery, *, timeout: float | None = None) -> PayoutResult:
        """Ask for a payout (代付查询)."""
        return self._ask(Verb.QUERY_PAYOUT, asked, PayoutResult, timeout)

    def query_payout_batch(self, asked: PayoutBatchQuery, *, timeout: float | None = None) -> PayoutBatchResult:
        """Ask for a batch (批量代付查询)."""
        return self._ask(Verb.QUERY_PAYOUT_BATCH, asked, PayoutBatchResult, timeout)

    def _do(self, verb: Verb, order: Any, kind: type[R], timeout: float | None) -> R:
        seconds = self._seconds(timeout)
        opening = self._begin(self.client.prepare(order, timeout=seconds), seconds)
        if opening.record is not None and not opening.attempt:
            return _sure(known(opening.record, verb, self.journal), kind)
        return _sure(self._send(verb, opening, seconds), kind)

    def _send(self, verb: Verb, opening: Opening, seconds: float) -> Result:
        try:
            result: Result = getattr(self.client, verb)(opening.prepared, timeout=seconds)
        except PaymentChannelError as error:
            self._not_sent(opening, error)
            raise
        self._answered(opening, result)
        return result

    def _ask(self, verb: Verb, asked: Any, kind: type[R], timeout: float | None) -> R:
        before = self._ours(asked)
        result: Result = getattr(self.client, verb)(asked, timeout=self._seconds(timeout))
        self._found(before, result)
        return _sure(result, kind)


class AsyncDurableClient(Durable):
    """Asynchronous; the journal's own work is done beside the loop."""

    def __init__(self, client: AsyncChannelClient, journal: Journal, *, account: str) -> None:
        """Put a journal before a client; ``account`` names this merchant at this channel."""
        super().__init__(client.channel, journal, account, client.timeout)
        self.client = client

    async def pay(self, order: PaymentOrder, *, timeout: float | None = None) -> PaymentResult:
        """Take money (收款)."""
        return await self._do(Verb.PAY, order, PaymentResult, timeout)

    async def refund(self, order: RefundOrder, *, timeout: float | None = None) -> RefundResult:
        """Give money of a payment back (退款)."""
        return await self._do(Verb.REFUND, order, RefundResult, timeout)

    async def close(self, order: CloseOrder, *, timeout: float | None = None) -> CloseResult:
        """Close an order that is not paid (关单)."""
        return await self._do(Verb.CLOSE, order, CloseResult, timeout)

    async def cancel(self, order: CancelOrder, *, timeout: float | None = None) -> CancelResult:
        """Undo a payment whatever its state (撤销 / 冲正)."""
        return await self._do(Verb.CANCEL, order, CancelResult, timeout)

    async def payout(self, order: PayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Pay money out (代付)."""
        return await self._do(Verb.PAYOUT, order, PayoutResult, timeout)

    async def confirm_payout(self, order: ConfirmPayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Release a payout that waits for confirmation (确认付款)."""
        return await self._do(Verb.CONFIRM_PAYOUT, order, PayoutResult, timeout)

    async def cancel_payout(self, order: CancelPayoutOrder, *, timeout: float | None = None) -> PayoutResult:
        """Withdraw a payout that is not final (撤销代付)."""
        return await self._do(Verb.CANCEL_PAYOUT, order, PayoutResult, timeout)

    async def payout_batch(self, order: PayoutBatchOrder, *, timeout: float | None = None) -> PayoutBatchResult:
        """Pay many in one message (批量代付)."""
        return await self._do(Verb.PAYOUT_BATCH, order, PayoutBatchResult, timeout)

    async def query(self, asked: PaymentQuery, *, timeout: float | None = None) -> PaymentResult:
        """Ask for a payment (查单); what is said is noted at the order."""
        return await self._ask(Verb.QUERY, asked, PaymentResult, timeout)

    async def query_refund(self, asked: RefundQuery, *, timeout: float | None = None) -> RefundResult:
        """Ask for a refund (退款查询)."""
        return await self._ask(Verb.QUERY_REFUND, asked, RefundResult, timeout)

    async def query_payout(self, asked: PayoutQuery, *, timeout: float | None = None) -> PayoutResult:
        """Ask for a payout (代付查询)."""
        return await self._ask(Verb.QUERY_PAYOUT, asked, PayoutResult, timeout)

    async def query_payout_batch(self, asked: PayoutBatchQuery, *, timeout: float | None = None) -> PayoutBatchResult:
        """Ask for a batch (批量代付查询)."""
        return await self._ask(Verb.QUERY_PAYOUT_BATCH, asked, PayoutBatchResult, timeout)

    async def _do(self, verb: Verb, order: Any, kind: type[R], timeout: float | None) -> R:
        seconds = self._seconds(timeout)
        prepared = await self.client.prepare(order, timeout=seconds)
        opening = await asyncio.to_thread(self._begin, prepared, seconds)
        if opening.record is not None and not opening.attempt:
            return _sure(await asyncio.to_thread(known, opening.record, verb, self.journal), kind)
        return _sure(await self._send(verb, opening, seconds), kind)

    async def _send(self, verb: Verb, opening: Opening, seconds: float) -> Result:
        try:
            result: Result = await getattr(self.client, verb)(opening.prepared, timeout=seconds)
        except PaymentChannelError as error:
            await asyncio.to_thread(self._not_sent, opening, error)
            raise
        await asyncio.to_thread(self._answered, opening, result)
        return result

    async def _ask(self, verb: Verb, asked: Any, kind: type[R], timeout: float | None) -> R:
        before = await asyncio.to_thread(self._ours, asked)
        result: Result = await getattr(self.client, verb)(asked, timeout=self._seconds(timeout))
        await asyncio.to_thread(self._found, before, result)
        return _sure(result, kind)


def _sure(result: Result, kind: type[R]) -> R:
    assert isinstance(result, kind)  # noqa: S101  the verb's own result
    return result
