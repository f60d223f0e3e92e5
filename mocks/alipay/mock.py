"""The Alipay mock: hands a request to the protocol that it speaks, plays the payer and the bank, and shows its books."""

from typing import Any

from mocks.alipay import gateway, orders, payments, platform, refunds, rest, statements, telling, transfers
from mocks.alipay.codes import RefusedError, find
from mocks.alipay.desk import Desk, Verb
from mocks.alipay.keys import AlipayKeys
from mocks.alipay.operations import OPERATIONS
from mocks.clock import Clock
from mocks.control import ControlRefusedError, no_such_things, no_such_verb
from mocks.faults import Fault
from mocks.notices import Notices
from mocks.wire import MockReply, MockRequest


class AlipayMock:
    """Alipay for one app of one merchant."""

    name = "alipay"

    def __init__(self, keys: AlipayKeys, clock: Clock | None = None) -> None:
        """Open with empty books."""
        self.desk = Desk(keys, clock or Clock())

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.desk.reset()

    def tick(self) -> None:
        """Let time do its work."""
        self.desk.tick()

    @property
    def notices(self) -> Notices:
        """The notifications in waiting."""
        return self.desk.herald.notices

    def serves(self) -> list[str]:
        """Return what can be asked for, a line each."""
        methods = [f"POST {gateway.PATH}?method={operation}" for operation in OPERATIONS]
        return [*methods, *(f"{method} {path}" for path, (method, _) in rest.ROUTES.items()), f"GET {statements.PATH}"]

    def owns(self, path: str) -> int:
        """Say how much of a path is this channel's: the longest beginning that it claims, 0 for none."""
        return max((len(one) for one in (gateway.PATH, rest.START, statements.PATH) if path.startswith(one)), default=0)

    def handle(self, request: MockRequest, fault: Fault | None = None) -> MockReply:
        """Answer one request. A ``fault`` of the kinds that only the channel can play is played."""
        self.desk.tick()
        if request.path == gateway.PATH:
            return gateway.handle(self.desk, request, fault)
        if request.path.startswith(rest.START):
            return rest.handle(self.desk, request, fault)
        if request.path == statements.PATH:
            return statements.download(self.desk, request)
        return MockReply(404, note={"reason": "no such path"})

    def books(self) -> dict[str, Any]:
        """Return what happened, as the channel knows it."""
        self.desk.tick()
        return self.desk.books()

    def controls(self) -> dict[str, list[str]]:
        """Return what can be let happen, to which things."""
        return {things: list(verbs) for things, verbs in CONTROLS.items()}

    def control(self, things: str, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        """Do what the payer, the clock or the bank would do.

        Raises:
            ControlRefusedError: there is no such thing or verb, or it cannot happen now.
        """
        verbs = CONTROLS.get(things)
        if verbs is None:
            raise no_such_things("alipay", things, CONTROLS)
        if verb not in verbs:
            raise no_such_verb(things, verb, verbs)
        self.desk.tick()
        return verbs[verb](self.desk, number, verb, options)


def control_order(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let a payer scan, pay or fail, or an order expire or be finished; ``order_string`` is what an app hands to the wallet.

    Raises:
        ControlRefusedError: there is no such order, or it cannot happen to it.
    """
    if "order_string" in options:
        _take_string(desk, number, options["order_string"])
    order = desk.orders.of_number(number)
    if verb == "pay":
        buyer = options.get("buyer_id")
        if buyer is not None and not isinstance(buyer, str):
            raise ControlRefusedError(
                f"buyer_id 是 {buyer!r}；应为文本", f"buyer_id is {buyer!r}; it should be a text", status=400
            )
        desk.orders.pay(order, {"buyer_user_id": buyer} if buyer else None)
        desk.order_paid(order)
        return orders.shown(order)
    if verb == "expire" and order.state not in {"UNSCANNED", "WAIT_BUYER_PAY"}:
        raise ControlRefusedError(f"订单处于 {order.state}，不会再过期", f"an order that is {order.state} cannot expire any more")
    existed = order.exists
    desk.orders.move(order, verb)
    order.failures += verb == "fail"
    if order.exists and not existed:
        desk.orders.begin(order)
    if verb == "expire" and order.exists:
        desk.order_closed(order, by_time=True)
    elif verb == "finish" and not order.face_to_face:
        desk.order_paid(order)
    return orders.shown(order)


def _take_string(desk: Desk, number: str, text: object) -> None:
    try:
        call = gateway.open_string(desk, str(text), "http://127.0.0.1")
        if call.biz.get("out_trade_no") != number:
            raise ControlRefusedError(
                f"order_string 不是 {number} 的", f"the order string is of another order than {number}", status=400
            )
        payments.hand_over(desk, call)
    except RefusedError as error:
        raise ControlRefusedError(
            f"钱包被拒：{error.row.sub_code} {error.row.text}",
            f"the wallet is refused {error.row.sub_code}: {error.row.text}",
            status=400,
        ) from error


def control_refund(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let a refund that is being done succeed, or fail for an ``error_code``.

    Raises:
        ControlRefusedError: there is no such refund, or it cannot happen to it.
    """
    one = desk.refunds.of_number(number)
    code = str(options.get("error_code", "ACQ.TRADE_NOT_ALLOW_REFUND")) if verb == "fail" else None
    if code is not None and find("alipay.trade.refund", code) is None and find("alipay.trade.refund.apply", code) is None:
        raise ControlRefusedError(f"{code} 不是退款的码", f"{code} is no code of a refund", status=400)
    desk.end_refund(one, verb, code)
    return refunds.shown(one, []) | {"state": one.state}


def control_transfer(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let a transfer to a card arrive, fail or come back, the last two for an ``error_code``.

    Raises:
        ControlRefusedError: there is no such transfer, or it cannot happen to it.
    """
    one = desk.transfers.of_number(number)
    code = None if verb == "confirm" else str(options.get("error_code", "PAYEE_CARD_INFO_ERROR"))
    desk.transfers.move(one, verb, code)
    return transfers.shown(one)


CONTROLS: dict[str, dict[str, Verb]] = {
    "orders": dict.fromkeys(("scan", "pay", "fail", "expire", "finish"), control_order),
    "refunds": dict.fromkeys(("succeed", "fail"), control_refund),
    "transfers": dict.fromkeys(("confirm", "fail", "return"), control_transfer),
    "certificates": dict.fromkeys(("rotate", "retire"), platform.control),
    "notifications": {"resend": telling.resend, "forge": telling.resend},
}
