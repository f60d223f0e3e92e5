"""DurableClient and AsyncDurableClient: the same verbs, each order persisted before the wire and its outcome after it.

The same order again returns what is known of it and sends nothing; the same number with other content is refused. An
exception still means that nothing left this machine, and that nothing of it will.
"""

import asyncio
from typing import Any

from payment_channels.channel import RULES, Verb
from payment_channels.client import AsyncChannelClient, ChannelClient
from payment_channels.journal.asking import verb_of
from payment_channels.journal.durable import Durable, R
from payment_channels.journal.journal import Journal
from payment_channels.journal.opening import Opening
from payment_channels.journal.records import OrderKey, OrderRecord
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

    def again(self, order: AnyOrder, *, timeout: float | None = None) -> Result:
        """Send an order that failed once more under its own number, where its ``next_action`` says so.

        Only when no attempt of it is unresolved; otherwise, as with every repetition, what is known of it is returned.
        """
        verb = verb_of(order.kind)
        return self._do(verb, order, RULES[verb].result, timeout, again=True)

    def put(self, order: AnyOrder, *, timeout: float | None = None) -> OrderRecord:
        """Persist an order and send nothing: ``send`` does, here or in another process. For a task engine.

        Raises:
            PaymentChannelError: the order is refused, its number has other content, or the journal cannot be used: with
                ``maybe_kept`` nobody knows whether the order stands there. Put the very same order again.
        """
        seconds = self._seconds(timeout)
        return self._put(self.client.prepare(order, timeout=seconds), seconds)

    def send(self, key: OrderKey, *, timeout: float | None = None) -> Result:
        """Send an order of the journal that never left; of any other, return what is known. May be called any number of times.

        Raises:
            PaymentChannelError: nothing was sent.
        """
        seconds = self._seconds(timeout)
        return self._end(verb_of(key.kind), self._open(key, seconds), seconds)

    def _do(self, verb: Verb, order: Any, kind: type[R], timeout: float | None, *, again: bool = False) -> R:
        seconds = self._seconds(timeout)
        try:
            prepared = self.client.prepare(order, timeout=seconds)
        except PaymentChannelError as error:
            return _sure(self._refused(verb, order, error), kind)
        return _sure(self._end(verb, self._begin(prepared, seconds, again=again), seconds), kind)

    def _end(self, verb: Verb, opening: Opening, seconds: float) -> Result:
        if not opening.attempt:
            return self._known(verb, opening)
        try:
            result: Result = getattr(self.client, verb)(opening.prepared, timeout=self._left(opening, seconds))
        except Exception as error:  # noqa: BLE001  a client's exception means that nothing left
            return self._not_sent(verb, opening, error)
        return self._answered(verb, opening, result)

    def _ask(self, verb: Verb, asked: Any, kind: type[R], timeout: float | None) -> R:
        ours = self._ours(asked)
        result: Result = getattr(self.client, verb)(asked, timeout=self._seconds(timeout))
        self._found(ours, result)
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

    async def again(self, order: AnyOrder, *, timeout: float | None = None) -> Result:
        """Send an order that failed once more under its own number, where its ``next_action`` says so.

        Only when no attempt of it is unresolved; otherwise, as with every repetition, what is known of it is returned.
        """
        verb = verb_of(order.kind)
        return await self._do(verb, order, RULES[verb].result, timeout, again=True)

    async def put(self, order: AnyOrder, *, timeout: float | None = None) -> OrderRecord:
        """Persist an order and send nothing: ``send`` does, here or in another process. For a task engine.

        Raises:
            PaymentChannelError: the order is refused, its number has other content, or the journal cannot be used: with
                ``maybe_kept`` nobody knows whether the order stands there. Put the very same order again.
        """
        seconds = self._seconds(timeout)
        prepared = await self.client.prepare(order, timeout=seconds)
        return await asyncio.to_thread(self._put, prepared, seconds)

    async def send(self, key: OrderKey, *, timeout: float | None = None) -> Result:
        """Send an order of the journal that never left; of any other, return what is known. May be called any number of times.

        Raises:
            PaymentChannelError: nothing was sent.
        """
        seconds = self._seconds(timeout)
        opening = await asyncio.to_thread(self._open, key, seconds)
        return await self._end(verb_of(key.kind), opening, seconds)

    async def _do(self, verb: Verb, order: Any, kind: type[R], timeout: float | None, *, again: bool = False) -> R:
        seconds = self._seconds(timeout)
        try:
            prepared = await self.client.prepare(order, timeout=seconds)
        except PaymentChannelError as error:
            return _sure(await asyncio.to_thread(self._refused, verb, order, error), kind)
        opening = await asyncio.to_thread(self._begin, prepared, seconds, again=again)
        return _sure(await self._end(verb, opening, seconds), kind)

    async def _end(self, verb: Verb, opening: Opening, seconds: float) -> Result:
        if not opening.attempt:
            return await asyncio.to_thread(self._known, verb, opening)
        try:
            result: Result = await getattr(self.client, verb)(opening.prepared, timeout=self._left(opening, seconds))
        except Exception as error:  # noqa: BLE001  a client's exception means that nothing left
            return await asyncio.to_thread(self._not_sent, verb, opening, error)
        return await asyncio.to_thread(self._answered, verb, opening, result)

    async def _ask(self, verb: Verb, asked: Any, kind: type[R], timeout: float | None) -> R:
        ours = await asyncio.to_thread(self._ours, asked)
        result: Result = await getattr(self.client, verb)(asked, timeout=self._seconds(timeout))
        await asyncio.to_thread(self._found, ours, result)
        return _sure(result, kind)


def _sure(result: Result, kind: type[R]) -> R:
    assert isinstance(result, kind)  # noqa: S101  the verb's own result
    return result
