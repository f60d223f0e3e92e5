"""What orders left behind, how much of it is asked for or used by now, and which order a chain of repayments began with."""

from dataclasses import dataclass

from payment_channels.business.funding import requests, reservations
from payment_channels.business.funding.positions import ENDED_WITHOUT
from payment_channels.business.funding.requests import Request, RequestState
from payment_channels.business.funding.reservations import RELEASED, Reservation
from payment_channels.journal import OrderKey
from payment_channels.journal.store import Cursor


@dataclass(frozen=True, slots=True)
class Left:
    """What an order left behind, in minor units: the ``whole``, and what of it is ``free`` to be asked for.

    What has funded later payouts is not taken off: it was any of the merchant's residuals in the account.
    """

    order: Reservation
    whole: int
    free: int


def left_by(order: Reservation) -> int:
    """Return what an order left behind, in minor units, whatever has become of it since."""
    return min(order.amount, max(0, order.position.residual + order.from_residual))


def remains(cursor: Cursor, order: Reservation) -> Left:
    """Return what an order left, and what of it may still be asked for: of a chain, no more than its first order left."""
    root, whole = root_of(cursor, order.key), left_by(order)
    first = reservations.find(cursor, root)
    used = sum(one.amount for one in live(cursor, root))
    return Left(order, whole, max(0, min(whole, (left_by(first) if first is not None else 0) - used)))


def live(cursor: Cursor, root: OrderKey) -> list[Request]:
    """Return the requests that use, or ask for, some of what an order left, over all repayments of it."""
    condition = "account = ? AND root_kind = ? AND root_number = ?"
    asked = requests.select(cursor, condition, (root.account, root.kind, root.merchant_id))
    return [one for one in asked if _is_live(cursor, one)]


def _is_live(cursor: Cursor, one: Request) -> bool:
    if one.state is not RequestState.APPROVED:
        return one.state is not RequestState.DECLINED
    held = reservations.find(cursor, one.key)
    return held is None or held.state not in {RELEASED, *ENDED_WITHOUT}


def root_of(cursor: Cursor, original: OrderKey) -> OrderKey:
    """Return the first order of a chain: a repayment that failed is repaid on the first one's account."""
    found = requests.find(cursor, original.account, original.merchant_id)
    return found.root if found is not None and found.key == original else original
