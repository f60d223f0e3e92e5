"""Payouts by uni.transfer to a wallet or a bank account, their query, and the balance they are paid from."""

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.alipay import bodies, checks
from payment_channels.channels.alipay.line import Line
from payment_channels.channels.alipay.messages import Account, Transfer, Words
from payment_channels.model.orders import PayoutOrder
from payment_channels.model.queries import BalanceQuery, PayoutQuery

TRANSFER, QUERY, ACCOUNT = "alipay.fund.trans.uni.transfer", "alipay.fund.trans.common.query", "alipay.fund.account.query"


def payout(line: Line, order: PayoutOrder) -> Exchange[Reading]:
    """``alipay.fund.trans.uni.transfer``. The answer seldom states the amount; the query does once it has succeeded."""
    reply = yield from line.send(TRANSFER, bodies.transfer(order))
    return (yield from line.read(reply, TRANSFER, "payout", Transfer, Transfer.state))


def query(line: Line, asked: PayoutQuery) -> Exchange[Reading]:
    """``alipay.fund.trans.common.query``. ``REFUND`` after success: the bank sent it back (退票)."""
    checks.check_no_sub_merchant(asked.sub_merchant)
    content: dict[str, str]
    if asked.merchant_order_id is None:
        checks.check_channel_id(asked.channel_order_id or "")
        content = {"order_id": asked.channel_order_id or ""}
    else:
        checks.check_request_no(asked.merchant_order_id, "merchant_order_id")
        content = {"out_biz_no": asked.merchant_order_id, **_kind(asked)}
    reply = yield from line.send(QUERY, content)
    return (yield from line.read(reply, QUERY, "query_payout", Transfer, Transfer.state))


def _kind(asked: PayoutQuery) -> dict[str, str]:
    """A transfer is found under its own product alone: sought under another it would seem never to have been made."""
    kind = {name: asked.wire[name] for name in ("product_code", "biz_scene") if asked.wire.get(name)}
    if len(kind) != 2:  # noqa: PLR2004  both of them
        raise checks.refuse(
            "wire",
            "按商户单号查询须带 Prepared.wire（product_code、biz_scene），请用 PayoutQuery.of(prepared)",
            "a query by the merchant's number needs the wire of its Prepared: make it by PayoutQuery.of(prepared)",
        )
    return kind


def balance(line: Line, asked: BalanceQuery) -> Exchange[Reading]:
    """``alipay.fund.account.query`` of the merchant's own account, or of another user id of his."""
    checks.check_no_sub_merchant(asked.sub_merchant)
    account = asked.account or line.config.seller_id
    if not checks.USER_ID.fullmatch(account):
        raise checks.refuse("account", "须为 2088 开头的 16 位用户 ID", "a user id: 16 digits that start with 2088")
    kind = asked.account_kind or "ACCTRANS_ACCOUNT"
    reply = yield from line.send(ACCOUNT, {"alipay_user_id": account, "account_type": kind})

    def say(answer: Account) -> Words:
        return {"where": "code", "code": answer.code, "fields": {"balances": (answer.balance(account),)}}

    return (yield from line.read(reply, ACCOUNT, "balance", Account, say))
