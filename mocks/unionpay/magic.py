"""Magic values: a text in the order itself provokes a code, so that whoever uses the mock needs no control plane.

They stand in ``reqReserved``, which UnionPay echoes and never reads. ``MOCK:64`` makes the request that carries it answer this
code and do nothing. ``MOCK:DONE:03`` has it done, and answers the code all the same. ``MOCK:END:61`` accepts a refund, a
cancellation or a payout, and ends it with this code; 03, 04 and 05 leave it open for ever; of an order it is what the payer's
attempt comes to. ``MOCK:query:34`` (``refund``, ``cancel``) lets the order be made, and makes that later operation on it answer
the code, each time. Every code of UnionPay's list will do.
"""

from collections.abc import Mapping

from mocks.unionpay.codes import find, refused

_PREFIX = "MOCK:"
NOW, DONE, END = "", "DONE", "END"


def wish(fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Return where and with which code a request asks for trouble, if it does.

    Raises:
        RefusedError: 10 where the code is none of UnionPay's.
    """
    text = fields.get("reqReserved", "")
    if not text.startswith(_PREFIX):
        return None
    where, _, code = text.removeprefix(_PREFIX).rpartition(":")
    if find(code) is None:
        raise refused("10", why=f"{text}: {code!r} is no code of UnionPay's list, mocks/unionpay/codes.csv")
    return where, code


def provoke(where: str, fields: Mapping[str, str]) -> None:
    """Refuse what a transaction's magic value asks to be refused at this place.

    Raises:
        RefusedError: with the code that was asked for.
    """
    asked = wish(fields)
    if asked is not None and asked[0] == where:
        raise refused(asked[1], why=f"asked for by reqReserved, {fields['reqReserved']}")


def end(fields: Mapping[str, str]) -> str | None:
    """Return the code that a transaction is to end with, if it asks for one."""
    asked = wish(fields)
    return asked[1] if asked is not None and asked[0] == END else None
