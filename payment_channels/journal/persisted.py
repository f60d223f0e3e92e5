"""What is written down of an order, and read again later: what could not be read again is refused before anything is sent."""

from pydantic import ValidationError

from payment_channels.model.prepared import Prepared
from payment_channels.model.record import refusal


class OrderUnreadableError(ValueError):
    """What was written down of an order is no order to this version of the SDK. It says which fields, and nothing of them.

    Whether the order was sent, its events say: they do not need what is written here.
    """

    def __init__(self, fields: str) -> None:
        """``fields`` names what cannot be read."""
        super().__init__(fields)
        self.zh = f"存下的订单读不出来（{fields}）：是否发送过，以日志中的事件为准"
        self.en = f"what was written down of the order cannot be read ({fields}): whether it was sent, its events say"

    def __str__(self) -> str:
        """Return both."""
        return f"{self.zh} | {self.en}"


def written(prepared: Prepared) -> bytes:
    """Return the text of an order, which is read again here: what nobody can read could never be asked after.

    Raises:
        InvalidRequestError: it is none; nothing was sent.
    """
    try:
        text = prepared.model_dump_json(warnings=False).encode()
        Prepared.model_validate_json(text)
    except ValidationError as error:
        raise refusal(type(prepared.order).__name__, error) from None
    return text


def read(text: bytes) -> Prepared:
    """Return what was written.

    Raises:
        OrderUnreadableError: it is no order to this version of the SDK.
    """
    try:
        return Prepared.model_validate_json(text)
    except ValidationError as error:
        found = refusal(Prepared.__name__, error).findings
        raise OrderUnreadableError(", ".join(one.place for one in found)) from None
