"""An order made ready for the wire: what must be persisted before the first byte leaves."""

from collections.abc import Mapping

from pydantic import Field

from payment_channels.model.orders import AnyOrder
from payment_channels.model.record import Moment, Record


class Prepared(Record):
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
