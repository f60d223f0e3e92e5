"""What the payer (or the payee of a transfer) must do next, as data: the core shows it, it decides nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import Field

from payment_channels.model.record import Moment, Record


class ShowQrCode(Record):
    """Draw this content as a QR code for the payer to scan."""

    kind: Literal["show_qr_code"] = "show_qr_code"
    content: str
    valid_until: Moment | None = None

    @classmethod
    def saying(cls, content: str, *, valid_until: datetime | None = None) -> Self:
        """Make one of a text that was read off an answer, and is known to be one."""
        return cls.of_checked({"kind": "show_qr_code", "content": content, "valid_until": valid_until})


class InvokeClient(Record):
    """Call the wallet on the payer's phone with these signed parameters (JSAPI, mini-program, app)."""

    kind: Literal["invoke_client"] = "invoke_client"
    function: str  # the client's own name of the call, such as getBrandWCPayRequest
    parameters: Mapping[str, str]
    valid_until: Moment | None = None


class SubmitForm(Record):
    """Let the payer's browser submit this form, by itself, in this charset."""

    kind: Literal["submit_form"] = "submit_form"
    action: str
    fields: Mapping[str, str]
    method: Literal["POST", "GET"] = "POST"
    charset: str = "UTF-8"
    valid_until: Moment | None = None


class Redirect(Record):
    """Send the payer's browser to this address."""

    kind: Literal["redirect"] = "redirect"
    url: str
    valid_until: Moment | None = None


class HandOver(Record):
    """Hand this signed text to the wallet's own SDK in the app."""

    kind: Literal["hand_over"] = "hand_over"
    text: str
    valid_until: Moment | None = None


PayerAction = Annotated[ShowQrCode | InvokeClient | SubmitForm | Redirect | HandOver, Field(discriminator="kind")]
