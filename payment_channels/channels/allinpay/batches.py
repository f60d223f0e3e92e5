"""Batches by TLT (100002): many payouts in one packet, each line with an outcome of its own once 200004 tells of it.

Source: com/aipg/payreq and com/aipg/transquery of Allinpay's own demo (kevonz/leimingtech-payment@d5bfd7b3,
zhanght86/leasing@7149622d); first query after 20 minutes, then every 10.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.allinpay import packets
from payment_channels.channels.allinpay.messages import MessageRefusedError
from payment_channels.channels.allinpay.packets import Packet
from payment_channels.channels.allinpay.payouts import account, asking, elsewhere, told
from payment_channels.channels.allinpay.tlt import BATCH, DETAIL, PROCESSED, QUERY, TltLine
from payment_channels.model.orders import PayoutBatchOrder, PayoutOrder
from payment_channels.model.parties import BankAccount
from payment_channels.model.queries import PayoutBatchQuery
from payment_channels.model.results import PayoutBatchFacts

FIRST_QUERY, NEXT_QUERY = 1200, 600


def sn_of(place: int) -> str:
    """Return a line's SN: its place in the order, from 1, with four digits."""
    return f"{place + 1:04}"


def body(line: TltLine, order: PayoutBatchOrder, wire: Mapping[str, str]) -> str:
    """Write BODY: the sum (fen), and every line under its own SN."""
    total = {
        "BUSINESS_CODE": line.config.business_code,
        "MERCHANT_ID": line.config.merchant_id,
        "SUBMIT_TIME": wire["SUBMIT_TIME"],
        "TOTAL_ITEM": str(len(order.lines)),
        "TOTAL_SUM": str(sum(one.amount.amount for one in order.lines)),
    }
    details = "".join(_detail(line, place, one) for place, one in enumerate(order.lines))
    return packets.within(
        "BODY",
        packets.within("TRANS_SUM", packets.fields_of(total)) + packets.within("TRANS_DETAILS", details),
    )


def _detail(line: TltLine, place: int, order: PayoutOrder) -> str:
    payee = order.payee
    assert isinstance(payee, BankAccount)  # noqa: S101  the capabilities name no other
    return packets.within("TRANS_DETAIL", packets.fields_of({"SN": sn_of(place), **account(line.config, payee, order)}))


def payout_batch(line: TltLine, order: PayoutBatchOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``100002``: 0000 says that the packet was taken; what became of each line, the query tells."""
    number = order.merchant_batch_id
    reply = yield from line.send(BATCH, number, body(line, order, wire))

    def say(packet: Packet) -> dict[str, Any]:
        lines: dict[str, Reading] = {}
        for place, detail in _placed(packet.parts("BODY", "RET_DETAILS", "RET_DETAIL"), order.lines):
            code = detail.get("RET_CODE")
            if code:
                message = detail.get("ERR_MSG", "")
                lines[order.lines[place].merchant_order_id] = Reading(
                    operation="payout", where=DETAIL, code=code, message=message
                )
        return {"facts": PayoutBatchFacts(merchant_batch_id=number), "lines": lines, "retry_after": FIRST_QUERY}

    return (yield from line.read(reply, "payout_batch", BATCH, number, say))


def query(line: TltLine, asked: PayoutBatchQuery) -> Exchange[Reading]:
    """``200004`` by the batch's REQ_SN. A line is told apart by its SN, and its account is compared besides its amount."""
    number, own = asked.merchant_batch_id, line.query_number()
    reply = yield from line.send(QUERY, own, asking(line.config, number))

    def say(packet: Packet) -> dict[str, Any]:
        lines: dict[str, Reading] = {}
        for place, detail in _placed(packet.parts("QTRANSRSP", "QTDETAIL"), asked.lines):
            ordered = asked.lines[place]
            if (detail.get("BATCHID") or number) != number:
                return {"foreign": "BATCHID differs"}
            if detail.get("RET_CODE"):
                words = told(detail, ordered.merchant_order_id)
                lines[ordered.merchant_order_id] = Reading(operation="query_payout", foreign=_other(detail, ordered), **words)
        words = {"facts": PayoutBatchFacts(merchant_batch_id=number), "lines": lines}
        if _all_paid(lines, asked.lines):
            return {**words, "operation": "query_payout_batch.paid"}
        return {**words, "retry_after": NEXT_QUERY}

    return (yield from line.read(reply, "query_payout_batch", QUERY, own, say))


def _all_paid(lines: Mapping[str, Reading], ordered: Sequence[PayoutOrder]) -> bool:
    """Say whether every line was paid with its very amount: only then is there something to be said of the batch as a whole."""
    told = [lines.get(one.merchant_order_id) for one in ordered]
    return all(
        one is not None
        and (one.code, one.foreign) == (PROCESSED, "")
        and one.facts is not None
        and one.facts.amounts.order == order.amount
        for one, order in zip(told, ordered, strict=True)
    )


def _placed(details: list[dict[str, str]], lines: Sequence[PayoutOrder]) -> list[tuple[int, dict[str, str]]]:
    """Return each detail with the place of the line that its SN names.

    Raises:
        MessageRefusedError: a SN is no line's, or stands twice: nobody could say which line is meant.
    """
    found: dict[int, dict[str, str]] = {}
    for detail in details:
        sn = detail.get("SN", "")
        place = int(sn) - 1 if sn.isascii() and sn.isdigit() and len(sn) <= len(sn_of(len(lines))) else -1
        if not 0 <= place < len(lines) or place in found:
            reason = "a SN is no line's, or stands twice"
            raise MessageRefusedError(reason)
        found[place] = detail
    return list(found.items())


def _other(detail: Mapping[str, str], ordered: PayoutOrder) -> str:
    payee = ordered.payee
    assert isinstance(payee, BankAccount)  # noqa: S101  the capabilities name no other
    return elsewhere(detail, payee.account_no)
