"""The payment system's access to the core."""

from typing import Annotated

from pydantic import Field

from payment_channels import ConfigurationError
from payment_channels.model.record import Request, Secret


class CorebankConfig(Request):
    """What the core's operators give the payment system. ``key`` signs both ways; it is never printed."""

    _refusal = ConfigurationError  # a wrong field is an error of the configuration, not of an order

    system: str  # the payment system's own name at the core
    suspense_account: str  # 过渡户: where collections are booked to
    key: Annotated[Secret, Field(min_length=32)]
    base_url: str
