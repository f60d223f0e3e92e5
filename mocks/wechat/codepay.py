"""Payment codes by v3 codepay: paid at once, or with a payer who has yet to enter a password; reversed, never closed.

No official page shows what a waiting payer is answered: 202 with the code USERPAYING is assumed, as the public list of 2021
has it. ``MOCK:USERPAYING`` as the order's description makes the payer wait; ``MOCK:USERPAYING:200`` answers 200 with the
trade_state instead.
"""

from datetime import timedelta

from mocks.wechat import magic, orders
from mocks.wechat.codes import refused
from mocks.wechat.desk import Desk
from mocks.wechat.fields import check, need, read_body
from mocks.wechat.orders import Order
from mocks.wechat.payments import for_partner, merchant_of, new_order
from mocks.wire import MockReply, MockRequest

# 10 to 14 begin the codes of payers in mainland China, 15 those of Hong Kong (支付产品对比.md of wechatpay-skills@15f40d07).
_PREFIXES = ("10", "11", "12", "13", "14", "15")
# Not before fifteen seconds after the payment was asked for (doc 4011937125, 2025-08-14), and within seven days (4011937361).
REVERSED_AFTER, REVERSED_WITHIN = timedelta(seconds=15), timedelta(days=7)


def waiting(description: str) -> str | None:
    """Return how a payer who waits is answered, "202" or "200", where a magic value asks for one."""
    return {"MOCK:USERPAYING": "202", "MOCK:USERPAYING:200": "200"}.get(description)


def pay(desk: Desk, request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Take the money from the payer whose code was scanned."""
    body = read_body(operation, request)
    wait = waiting(str(body.get("description")))
    asked = new_order(desk, operation, body, request, partner=for_partner(request), provoke=wait is None)
    if not body["payer"]["auth_code"].startswith(_PREFIXES):
        raise refused(operation, "AUTH_CODE_INVALID")
    order = charge(desk, asked, body["payer"]["auth_code"], operation, waits=wait is not None)
    if order.state == "USERPAYING" and wait != "200":
        raise refused(operation, "USERPAYING")
    return MockReply.of_json(orders.shown(order))


def charge(desk: Desk, asked: Order, auth_code: str, operation: str, *, waits: bool) -> Order:
    """Take in an order by payment code; a repeated one is answered as it stands.

    Raises:
        RefusedError: the number or the code is used otherwise, or its order has ended.
    """
    asked.state = "USERPAYING"
    order = desk.orders.scan(asked, auth_code, operation)
    if order is asked and not waits:
        desk.orders.pay(order)
    return order


def reverse(desk: Desk, request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Undo a payment by code, whatever became of it."""
    body, partner = read_body(operation, request), for_partner(request)
    check(operation, body, () if partner else (need("/appid", "公众账号ID", 32),))
    merchant = merchant_of(desk, operation, body, partner=partner)
    order = desk.orders.find(merchant, values["out_trade_no"])
    if order is None:
        raise refused(operation, "ORDER_NOT_EXIST")
    magic.provoke(operation, order.parameters, first=False)
    undo(desk, order, operation)
    names = ("sp_mchid", "sub_mchid") if partner else ("appid", "mchid")
    return MockReply.of_json({name: body[name] for name in names} | {"out_trade_no": order.out_trade_no})


def undo(desk: Desk, order: Order, operation: str) -> None:
    """Reverse an order.

    Raises:
        RefusedError: it is no payment by code, was refunded, is older than seven days or younger than fifteen seconds. The
            codes are assumed.
    """
    age = desk.clock.now() - order.created
    if order.product in {"codepay", "micropay"} and age < REVERSED_AFTER and order.state != "REVOKED":
        reason = "an order is reversed fifteen seconds after its payment or later: POST /_mock/clock/advance"
        raise refused(operation, "INVALID_REQUEST", "支付后15秒内不允许撤销", why={"reason": reason})
    expired = age > REVERSED_WITHIN
    if orders.TRADE_TYPES[order.product] != "MICROPAY" or expired or (order.state, "reverse") not in orders.STATES:
        code = "REVERSE_EXPIRE" if expired and operation == "micropay_reverse" else "INVALID_REQUEST"
        raise refused(operation, code)
    desk.orders.move(order, "reverse")
