"""One merchant's configuration."""

from typing import Annotated

from pydantic import Field

from payment_channels import ConfigurationError
from payment_channels.model.record import Request, Secret


class TeaPayConfig(Request):
    """What TeaPay gives a merchant. ``key`` signs both ways; it is never printed."""

    _refusal = ConfigurationError  # a wrong field is an error of the configuration, not of an order

    merchant: str
    key_id: str
    key: Annotated[Secret, Field(min_length=32)]
    base_url: str = "https://api.teapay.example"
