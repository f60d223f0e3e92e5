"""One verb from order to result, written once for every client: prepare, send, watch what leaves, settle."""

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
    prepared = asked if isinstance(asked, Prepared) else None
    order = prepared.order if prepared is not None else asked
    refuse_unsupported(channel.manifest, verb, order)
    _check_whose(channel, asked, order)
    subject = asked
    if RULES[verb].takes_order:
        subject = _ours(channel, prepared) if prepared is not None else (yield from _prepared(channel, asked))
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


def _check_whose(channel: Channel, asked: Any, order: Any) -> None:
    """Refuse what was prepared for another merchant of the same channel: an order, a query, the payment of a refund.

    A ``Prepared`` has our merchant in its own wire, whosever payment the order within closes, refunds or cancels.
    """
    within = (order, vars(order).get("original"), asked if asked is not order else None)
    wires = [wire for one in within if one is not None and (wire := vars(one).get("wire"))]
    for wire in wires:
        for name, own in channel.identity().items():
            if wire.get(name, own) != own:
                raise InvalidRequestError.because(
                    f"wire.{name} 属于另一商户：该订单须由为其准备的商户配置发送和查询",
                    f"wire.{name} is another merchant's: send and query this order as the merchant it was made for",
                    field=f"wire.{name}",
                )


def _watched(channel: Channel, exchange: Exchange[T], trail: Trail) -> Exchange[T]:
    """Pass every step through, and note in ``trail`` what may have left this machine."""
    answer: Any = None
    failure: Exception | None = None
    while True:
        try:
            step = exchange.send(answer) if failure is None else exchange.throw(failure)
        except StopIteration as stop:
            done: T = stop.value
            return done
        counted = step if isinstance(step, HttpCall) and not step.preparatory else None
        if counted is not None:
            trail.call, trail.reply, trail.sent_at, trail.answered_at = counted, None, channel.clock(), None
        try:
            answer, failure = (yield step), None
        except Exception as raised:  # noqa: BLE001  whatever a transport raises, the adapter hears of it and settle decides
            failure = raised
            never_left = isinstance(failure, TransportFailure) and not failure.maybe_sent
            trail.left = trail.left or (counted is not None and not never_left)
        except BaseException:
            # A cancelled wait is not an answer: it goes to the caller as it is, and says nothing of the order.
            exchange.close()
            raise
        else:
            if counted is not None and isinstance(answer, HttpReply):
                trail.left, trail.reply, trail.answered_at = True, answer, channel.clock()
