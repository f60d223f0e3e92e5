"""An order made ready for the wire: what must be persisted before the first byte leaves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import Field

from payment_channels.model.orders import AnyOrder, PaymentOrder
from payment_channels.model.record import Checked, Moment

_TEXTS = frozenset({str})


class Prepared(Checked):
    """The order with the wire's own ids and times: enough to send it, to send it again, and to query it after a crash.

    ``wire`` holds what identifies the transaction at the channel (UnionPay's txnTime, a rail's message id, EPCC's
    control digits) and nothing that changes with every sending, such as nonces and signatures.
    ``key_id`` names the signing key's version.
    """

    channel: str
    order: AnyOrder
    wire: Mapping[str, str] = Field(default_factory=dict)
    prepared_at: Moment
    key_id: str = ""

    @classmethod
    def of(cls, order: AnyOrder, channel: str, wire: Mapping[str, str], *, prepared_at: datetime, key_id: str) -> Self:
        """Make one as of now. An order was checked when it was made, and every copy of it (``Checked``).

        A payment is not looked at once more, but for its amount; of everything else the rules of the whole are.

        Raises:
            ValidationError: a part is not what a ``Prepared`` holds.
        """
        texts = (channel, key_id, *wire, *wire.values())
        fields: dict[str, Any] = {
            "channel": channel,
            "order": order,
            "wire": dict(wire),
            "prepared_at": prepared_at,
            "key_id": key_id,
        }
        if (
            type(order) is PaymentOrder
            and order.amount.amount > 0
            and prepared_at.tzinfo is not None
            and _TEXTS.issuperset(map(type, texts))
        ):
            return cls.of_checked(fields)
        return cls(**fields)
