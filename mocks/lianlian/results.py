"""What LianLian tells of a payment, in answers, notifications and on the control plane.

Field lists: LianLianPay/GitBook-Docs-en@294f74ed docs/instant-payment-result-query.md and instant-payment-notification.md;
LianLianPay/LLP-YT-Java@28ec8020 ``QueryPaymentResult``, whose ``memo`` is why a payment failed. A payment in CHECK has no
``oid_paybill`` (the official demo's comment), though the page calls the field required.
"""

from typing import Any

from mocks.lianlian.codes import find
from mocks.lianlian.payouts import Payout


def code(value: str, text: str | None = None) -> dict[str, str]:
    """Return an answer's code and text; a code that the list does not name is answered all the same."""
    row = find(value)
    return {"ret_code": value, "ret_msg": text or (row.text() if row is not None else "模拟的返回码")}


def accepted(one: Payout) -> dict[str, str]:
    """Return what the acceptance of a payment adds to its code."""
    return {"no_order": one.no_order, "oid_paybill": one.oid_paybill}


def told(one: Payout) -> dict[str, str]:
    """Return what a query tells of a payment; what is empty is left out of the answer."""
    settled = one.settle_date is not None and one.state == "SUCCESS"
    return _about(one) | {
        "settle_date": f"{one.settle_date:%Y%m%d}" if settled else "",
        "memo": one.reason_text if one.reason else "",
    }


def notified(one: Payout) -> dict[str, str]:
    """Return the fields of a notification, unsigned. Of a failure that named no ``info_order`` it tells the reason there."""
    fields = _about(one) | {"settle_date": f"{one.settle_date:%Y%m%d}" if one.settle_date is not None else ""}
    return fields | {"info_order": fields["info_order"] or (one.reason_text if one.state == "FAILURE" else "")}


def _about(one: Payout) -> dict[str, str]:
    return {
        "oid_partner": one.fields["oid_partner"],
        "dt_order": one.fields["dt_order"],
        "no_order": one.no_order,
        "oid_paybill": one.oid_paybill,
        "money_order": one.fields["money_order"],
        "info_order": one.fields.get("info_order", ""),
        "result_pay": one.state,
    }


def shown(one: Payout) -> dict[str, Any]:
    """Return a payment as the control plane shows it: ``payee`` in full, so that a test can tell what arrived."""
    payee = ("flag_card", "card_no", "acct_name", "bank_code", "bank_name", "prcptcd", "brabank_name", "city_code")
    times = {"created": one.created, "accepted": one.accepted, "ended": one.ended, "returned": one.returned}
    return {
        "no_order": one.no_order,
        "dt_order": one.fields["dt_order"],
        "oid_paybill": one.oid_paybill,
        "state": one.state,
        "fen": one.fen,
        "payee": {name: one.fields[name] for name in payee if one.fields.get(name)},
        "memo": one.fields["memo"],
        "info_order": one.fields.get("info_order", ""),
        "notify_url": one.notify_url,
        "asks": one.asks,
        "confirm_code": one.confirm_code,
        "reason": one.reason,
        "settle_date": f"{one.settle_date:%Y%m%d}" if one.settle_date is not None else None,
        "history": one.history,
        **{name: moment.isoformat(timespec="seconds") if moment is not None else None for name, moment in times.items()},
    }
