"""Payouts, their confirmation and query, and the balance they are paid from. 0000 is accepted; result_pay has the last word."""

from collections.abc import Mapping
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.lianlian import bodies, checks
from payment_channels.channels.lianlian.line import Line
from payment_channels.channels.lianlian.messages import ACCEPTED, MessageRefusedError, Told, moment
from payment_channels.model.orders import ConfirmPayoutOrder, PayoutOrder
from payment_channels.model.queries import BalanceQuery, PayoutQuery
from payment_channels.model.results import Balance

PAYMENT, CONFIRMATION, QUERY = (f"/paymentapi/{name}.htm" for name in ("payment", "confirmPayment", "queryPayment"))
ACCOUNT = "/traderAcctQuery.htm"


def payout(line: Line, order: PayoutOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``payment.htm``. 4002, 4003 and 4004 hold it back until it is confirmed with the ``confirm_code`` that they bring."""
    reply = yield from line.send(line.config.base_url + PAYMENT, bodies.payout(order, wire), encrypted=True)
    return (yield from line.read(reply, "payout", lambda told: {"facts": told.payout()}))


def confirm(line: Line, order: ConfirmPayoutOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``confirmPayment.htm``: from then on it is a payout like any other."""
    reply = yield from line.send(line.config.base_url + CONFIRMATION, bodies.confirm(order, wire), encrypted=True)
    return (yield from line.read(reply, "confirm_payout", lambda told: {"facts": told.payout()}))


def query(line: Line, asked: PayoutQuery) -> Exchange[Reading]:
    """``queryPayment.htm``. Of the payee the answer says nothing, so its ``dt_order`` has to be the one that was sent."""
    checks.check_query(asked)
    fields = bodies.query(line.config.oid_partner, asked)
    sent = asked.wire.get("dt_order") or (moment(asked.ordered_at) if asked.ordered_at is not None else None)

    def say(told: Told) -> dict[str, Any]:
        if told.text("ret_code") != ACCEPTED:
            return {}
        lacking = told.lacks("no_order", "money_order", "result_pay")
        if lacking:
            raise MessageRefusedError(lacking)
        words: dict[str, Any] = {"where": "result_pay", "code": told.text("result_pay"), "facts": told.payout()}
        if told.text("memo"):
            words["message"] = told.text("memo")  # 付款失败的原因
        if sent is not None and told.text("dt_order") not in {"", sent}:
            words["foreign"] = line.foreign(told) or "dt_order differs: another payout under the same number"
        return words

    reply = yield from line.send(line.config.base_url + QUERY, fields)
    return (yield from line.read(reply, "query_payout", say))


def balance(line: Line, asked: BalanceQuery) -> Exchange[Reading]:
    """``traderAcctQuery.htm``: of the merchant's one account. What is not settled yet cannot be paid out and is not told."""
    checks.check_balance(asked)
    reply = yield from line.send(line.config.account_url + ACCOUNT, bodies.balance(line.config.oid_partner))

    def say(told: Told) -> dict[str, Any]:
        if told.text("ret_code") != ACCEPTED:
            return {}
        available = told.money("amt_balance")
        if available is None:
            raise MessageRefusedError(told.lacks("amt_balance"))
        return {"fields": {"balances": (Balance(available=available),)}}

    return (yield from line.read(reply, "balance", say, refuses_unsigned=True))
