"""One verb from order to result, written once for every client: prepare, send, watch what leaves, settle."""

from collections.abc import Callable
from typing import Any, TypeVar

from payment_channels.channel.doubts import note_doubts
from payment_channels.channel.ending import Ending, Trail, never_left
from payment_channels.channel.event import Notice
from payment_channels.channel.interface import Channel
from payment_channels.channel.reading import Reading
from payment_channels.channel.settle import settle
from payment_channels.channel.supported import refuse_unsupported
from payment_channels.channel.verbs import RULES, Verb
from payment_channels.channel.wire import Exchange, HttpCall, HttpReply, TransportFailure
from payment_channels.model.incoming import Inbound
from payment_channels.model.prepared import Prepared
from payment_channels.model.refusals import InvalidRequestError
from payment_channels.model.results import Result

T = TypeVar("T")


def perform(channel: Channel, verb: Verb, asked: Any) -> Exchange[Result]:
    """Carry out one verb. ``asked`` is an order, a ``Prepared`` or a query.

    Raises:
        PaymentChannelError: nothing that moves money has left.
    """
    order = asked.order if isinstance(asked, Prepared) else asked
    refuse_unsupported(channel.manifest, verb, order)
    _check_whose(channel, asked)
    subject = asked
    if RULES[verb].takes_order:
        subject = _ours(channel, asked) if isinstance(asked, Prepared) else (yield from _prepared(channel, asked))
    trail = Trail()
    reading: Reading | None = None
    error: Exception | None = None
    try:
        reading = yield from _watched(channel, getattr(channel, verb)(subject), trail)
    except Exception as caught:  # noqa: BLE001  after sending, whatever went wrong is an outcome: settle decides
        error = caught
    return settle(
        Ending(
            channel=channel.manifest.name,
            verb=verb,
            asked=order,
            trail=trail,
            reading=reading,
            error=error,
            payable_for=channel.manifest.payable(vars(order).get("product")),
            trusted_line=channel.trusted_line,
        )
    )


def prepare(channel: Channel, order: Any) -> Exchange[Prepared]:
    """Make an order ready. What it fetches is preparatory by definition: its failure is raised, nothing has left.

    Raises:
        PaymentChannelError: the order is refused, or a preparatory call failed.
    """
    verb = Verb(order.kind) if order.kind != "payment" else Verb.PAY
    refuse_unsupported(channel.manifest, verb, order)
    return (yield from _prepared(channel, order))


def _prepared(channel: Channel, order: Any) -> Exchange[Prepared]:
    note_doubts(order)
    try:
        return (yield from channel.prepare(order))
    except TransportFailure as failure:
        raised = never_left(failure)
    raise raised


def read_notification(channel: Channel, inbound: Inbound) -> Exchange[Notice]:
    """Verify and read an incoming message.

    Raises:
        PaymentChannelError: the channel sends no notifications, or what verifies them could not be fetched.
    """
    refuse_unsupported(channel.manifest, Verb.READ_NOTIFICATION, inbound)
    try:
        return (yield from channel.read_notification(inbound))
    except TransportFailure as failure:
        raised = never_left(failure)
    raise raised


def _ours(channel: Channel, prepared: Prepared) -> Prepared:
    if prepared.channel != channel.manifest.name:
        raise InvalidRequestError.because(
            f"该订单是为渠道 {prepared.channel} 准备的，不能经 {channel.manifest.name} 发送",
            f"this order was prepared for {prepared.channel} and cannot be sent through {channel.manifest.name}",
            field="channel",
        )
    return prepared


def _check_whose(channel: Channel, asked: Any) -> None:
    """Refuse what was prepared for another merchant of the same channel: an order, a query, the payment of a refund."""
    held = vars(asked)
    behind = [held.get("order"), held.get("original"), getattr(held.get("order"), "original", None)]
    wires = [held.get("wire"), *(vars(one).get("wire") for one in behind if one is not None)]
    for name, own in channel.identity().items():
        for wire in wires:
            if wire and wire.get(name, own) != own:
                raise InvalidRequestError.because(
                    f"wire.{name} 属于另一商户：该订单须由为其准备的商户配置发送和查询",
                    f"wire.{name} is another merchant's: send and query this order as the merchant it was made for",
                    field=f"wire.{name}",
                )


def _watched(channel: Channel, exchange: Exchange[T], trail: Trail) -> Exchange[T]:
    """Pass every step through, and note in ``trail`` what may have left this machine."""
    resume: Callable[[], Any] = lambda: next(exchange)  # noqa: E731  the three ways to go on have one name
    while True:
        try:
            step = resume()
        except StopIteration as stop:
            done: T = stop.value
            return done
        counts = isinstance(step, HttpCall) and not step.preparatory
        if counts:
            trail.call, trail.reply, trail.sent_at, trail.answered_at = step, None, channel.clock(), None
        try:
            answer = yield step
        except Exception as failure:  # noqa: BLE001  whatever a transport raises, the adapter hears of it and settle decides
            never_left = isinstance(failure, TransportFailure) and not failure.maybe_sent
            trail.left = trail.left or (counts and not never_left)
            resume = _throwing(exchange, failure)
        except BaseException:
            # A cancelled wait is not an answer: it goes to the caller as it is, and says nothing of the order.
            exchange.close()
            raise
        else:
            if counts and isinstance(answer, HttpReply):
                trail.left, trail.reply, trail.answered_at = True, answer, channel.clock()
            resume = _sending(exchange, answer)


def _throwing(exchange: Exchange[T], failure: Exception) -> Callable[[], Any]:
    return lambda: exchange.throw(failure)


def _sending(exchange: Exchange[T], answer: Any) -> Callable[[], Any]:
    return lambda: exchange.send(answer)
