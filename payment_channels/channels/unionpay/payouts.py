"""Payouts (代付, 12) to bank cards: 00 means accepted, and so do codes that elsewhere are failures; the query decides."""

from collections.abc import Mapping
from typing import Any

from payment_channels.channel import Exchange, Reading
from payment_channels.channels.unionpay import bodies
from payment_channels.channels.unionpay.line import ACCEPTED, BACK, Line
from payment_channels.channels.unionpay.messages import Told
from payment_channels.channels.unionpay.windows import LADDERS
from payment_channels.model.orders import PayoutOrder


def payout(line: Line, order: PayoutOrder, wire: Mapping[str, str]) -> Exchange[Reading]:
    """``backTransReq.do``. The card number is encrypted; the certificate for that may be fetched first."""
    key = yield from line.encryption_key()
    fields = bodies.payout(line.config.mer_id, order, wire, key)
    reply = yield from line.send(BACK, fields)
    ladder = LADDERS["payout"]

    def say(told: Told, _where: str, code: str) -> dict[str, Any]:
        again = code == ACCEPTED or code in ladder.again
        return {"facts": told.payout(paid=False), "retry_after": ladder.ages[0] if again else None}

    return line.read(reply, "payout", fields, say)
