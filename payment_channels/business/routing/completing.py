"""An order as it goes to one account: its number there, and what the account's settings and the policy put into it."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from payment_channels.business.routing.assignments import Place
from payment_channels.model.orders import PaymentOrder, PayoutOrder

_PREFIX = 12
_DIGEST = 14


def additions(order: PaymentOrder | PayoutOrder, fields: Mapping[str, Any], sub_merchant: str | None) -> dict[str, Any]:
    """Return what an account puts into an order that does not say it itself; ``channel_fields`` are filled key by key."""
    given = {**fields, **({"sub_merchant": sub_merchant} if sub_merchant is not None else {})}
    held = vars(order)
    added = {name: value for name, value in given.items() if name in held and held[name] is None}
    missing = {name: value for name, value in given.get("channel_fields", {}).items() if name not in order.channel_fields}
    return added | ({"channel_fields": missing} if missing else {})


def completed(order: PaymentOrder | PayoutOrder, number: str, added: Mapping[str, Any]) -> PaymentOrder | PayoutOrder:
    """Return the order as it goes there. The caller's own words stand; the model checks the whole anew.

    Raises:
        InvalidRequestError: what the account's settings or the policy put into it is malformed.
    """
    fields = {**added, "channel_fields": {**added.get("channel_fields", {}), **order.channel_fields}}
    return type(order)(**(vars(order) | fields | {"merchant_order_id": number}))


def bare(order: PaymentOrder | PayoutOrder, order_id: str, added: Mapping[str, Any]) -> PaymentOrder | PayoutOrder:
    """Return the core's own order of what went to an account: ``completed`` undone."""
    own = {name: value for name, value in order.channel_fields.items() if name not in added.get("channel_fields", {})}
    nothing: dict[str, Any] = dict.fromkeys(added)
    return type(order).model_validate(vars(order) | nothing | {"channel_fields": own, "merchant_order_id": order_id})


def new_number(place: Place, attempt: int) -> str:
    """Return a number that is the same whenever it is asked for: the core's own and a digest, in a form that every channel takes.

    28 letters and digits at most: of the channels here CIB takes 30, UnionPay wants 8 or more, and WeChat Pay nothing else.
    """
    digest = hashlib.sha256("\0".join((*place, str(attempt))).encode()).hexdigest()[:_DIGEST]
    return f"{re.sub('[^0-9A-Za-z]', '', place[2])[:_PREFIX]}R{attempt}{digest}"
