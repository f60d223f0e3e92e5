"""The one place that says whether an order may go on to another account. Every doubt says no, and no policy is asked here.

Paying elsewhere what is not known to have failed is paying twice.
"""

from error_codes import NextAction
from payment_channels.journal import OrderRecord, State
from payment_channels.model.results import Outcome, Result


def may_fail_over(record: OrderRecord, told: Result | None, now: int) -> bool:
    """Say whether nothing of an order can move any more where it is, so that another account may take it.

    ``record`` is the order as a transaction holds it, ``told`` the answer that its state rests on, ``now`` in microseconds.
    Two ways lead there: it never left this machine and nobody is sending it; or the channel's own answer says that it failed,
    that a new number is allowed, and that another channel may be tried.
    """
    standing = record.standing
    if standing.unresolved or standing.conflict or record.leased_at(now):
        return False
    if standing.state is State.NOT_SENT:
        return True
    return standing.state is State.FAILED and told is not None and invites_another_channel(told)


def is_over(record: OrderRecord) -> bool:
    """Say whether an order that was taken away from its account is still known to have moved nothing there.

    Late news may say otherwise: then no further account may be sent it.
    """
    standing = record.standing
    return standing.state is State.FAILED and not standing.unresolved and not standing.conflict


def invites_another_channel(told: Result) -> bool:
    """Say whether an answer says that nothing moved, that a new number is allowed, and that another channel may be tried.

    Where the channel gave a reason beside the state, the reason must allow it too: another channel does not mend a wrong payee.
    """
    if told.outcome is not Outcome.FAILED or not told.new_id_allowed:
        return False
    spoken = [one for one in (told.meaning, told.reason) if one is not None]
    return all(one.failover or one.next_action is NextAction.FAIL_OVER for one in spoken)
