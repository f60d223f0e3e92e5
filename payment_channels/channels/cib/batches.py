"""异步批量代付 (ASYNBATCHMRCHAGENTTRNRQ, 3.16.2): up to 100 payouts in one message, each line settled by its own state.

A line is ``序号|订单号|二级商户名称|收款账号|收款人名称|行号|账户类型|行名|金额|用途|``, and the answer's adds
``手续费|处理状态|处理结果信息|``. No whole example was seen: SIZE is read as the number of lines, and XFERPRCSTS is looked for
in RSBODY and beside it (assumed).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.cib import bodies, checks, fox
from payment_channels.channels.cib.config import CibConfig
from payment_channels.channels.cib.line import STATE, Line, Say
from payment_channels.channels.cib.messages import money_of, state_of
from payment_channels.codec.amounts import text_of_minor
from payment_channels.codec.xml import Element
from payment_channels.model.orders import PayoutBatchOrder, PayoutOrder
from payment_channels.model.parties import BankAccount
from payment_channels.model.queries import PayoutBatchQuery
from payment_channels.model.results import Amounts, PayoutBatchFacts, PayoutFacts

NAME = "ASYNBATCHMRCHAGENTTRNRQ"
BARS = 13
MOST_LINES = 100
Lines = Sequence[PayoutOrder]


def check(order: PayoutBatchOrder, config: CibConfig) -> None:
    """Check a batch: whole, or refused whole; the field names the line by its place, from 0."""
    if config.mrch_no is None:
        raise checks.refuse("kind", "批量代付需要配置 mrch_no", "batches need mrch_no in the configuration")
    checks.check_trnuid(order.merchant_batch_id, "merchant_batch_id")
    if len(order.lines) > MOST_LINES:
        raise checks.refuse("lines", f"每批不超过 {MOST_LINES} 笔", f"at most {MOST_LINES} lines")
    checks.check_no_others([("notify_url", order.notify_url)])
    if len({line.debit_account or config.acct_id for line in order.lines}) > 1:
        raise checks.refuse("lines.debit_account", "一批只能从一个账户付出", "one batch is paid from one account")
    for place, line in enumerate(order.lines):
        with checks.within(f"lines.{place}"):
            checks.check_line(line)


def payout_batch(line: Line, order: PayoutBatchOrder) -> Exchange[Reading]:
    """Send a batch. It is processed later: query after 30 minutes."""
    reply = yield from line.send(NAME, _content(line.config, order))
    return line.read(
        reply, "payout_batch", NAME, order.merchant_batch_id, _say("payout_batch", order.merchant_batch_id, order.lines)
    )


def query_payout_batch(line: Line, asked: PayoutBatchQuery) -> Exchange[Reading]:
    """Ask for a batch: the same message with nothing but its TRNUID."""
    number = checks.check_trnuid(asked.merchant_batch_id, "merchant_batch_id")
    reply = yield from line.send(NAME, {"TRNUID": number})
    return line.read(reply, "query_payout_batch", NAME, number, _say("query_payout_batch", number, asked.lines))


def _content(config: CibConfig, order: PayoutBatchOrder) -> Mapping[str, Any]:
    total = sum(line.amount.amount for line in order.lines)
    text = "\n".join(_written(place, line) for place, line in enumerate(order.lines, start=1))
    body = {
        "TOTALCOUNT": str(len(order.lines)),
        "TOTALAMOUNT": text_of_minor(total),
        "MRCHNO": config.mrch_no,
        "ACCTFROM": bodies.debit(config, order.lines[0]),
        "XFERINFOTEXT": {"SIZE": str(len(order.lines)), fox.TEXT: text},
    }
    return {"TRNUID": order.merchant_batch_id, "RQBODY": body}


def _written(place: int, line: PayoutOrder) -> str:
    payee = line.payee
    assert isinstance(payee, BankAccount)  # noqa: S101  check() has looked; nothing has been sent
    columns = (
        str(place),
        line.merchant_order_id,
        str(line.channel_fields.get("MRCHNAME", "")),
        payee.account_no,
        payee.name,
        payee.cnaps_code or "",
        bodies.account_type(line),
        checks.bank_of(payee) or "",
        text_of_minor(line.amount.amount),
        line.purpose or "",
    )
    return "".join(f"{column}|" for column in columns)


def _say(operation: str, number: str, ordered: Lines) -> Say:
    def say(told: Element, _answer: fox.Answer) -> dict[str, Any]:
        held = fox.only(told, "RSBODY")
        inside = held is not None and fox.only(held, "XFERPRCSTS") is not None
        if inside and fox.only(told, "XFERPRCSTS") is not None:
            raise fox.MessageRefusedError("XFERPRCSTS stands in RSBODY and beside it")
        holder = held if held is not None and inside else told
        rows = fox.only(held, "XFERINFOTEXT") if held is not None else None
        lines = _read(rows, f"{operation}.line", ordered) if rows is not None else {}
        return {**state_of(holder), "facts": PayoutBatchFacts(merchant_batch_id=number), "lines": lines}

    return say


def _read(rows: Element, operation: str, ordered: Lines) -> dict[str, Reading]:
    """Return a reading of each line of the answer, by its order's number.

    Raises:
        MessageRefusedError: a line is not of the documented form, stands twice, or their number is not SIZE.
    """
    accounts = {line.merchant_order_id: line.payee.account_no for line in ordered if isinstance(line.payee, BankAccount)}
    told: dict[str, Reading] = {}
    for text in filter(None, (line.strip() for line in rows.text.split("\n"))):
        columns = text.split("|")
        if len(columns) != BARS + 1 or columns[-1]:
            raise fox.MessageRefusedError(f"a line has not {BARS} bars")
        number = columns[1]
        if number in told:
            raise fox.MessageRefusedError("a line stands twice")
        told[number] = _line(columns, operation, accounts.get(number))
    size = rows.attributes.get("SIZE")
    if size is not None and size != str(len(told)):
        raise fox.MessageRefusedError("SIZE is not the number of lines")
    return told


def _line(columns: Sequence[str], operation: str, account: str | None) -> Reading:
    number, told, amount, fee, state, message = (columns[place] for place in (1, 3, 8, 10, 11, 12))
    facts = PayoutFacts(
        merchant_order_id=number,
        payee_account=told or None,
        payee_name=columns[4] or None,
        amounts=Amounts(order=money_of(amount or None, "the line's amount"), fee=money_of(fee or None, "the line's fee")),
    )
    return Reading(
        operation=operation,
        where=STATE,
        code=state,
        message=message,
        facts=facts,
        foreign="the payee's account differs" if account is not None and told != account else "",
    )
