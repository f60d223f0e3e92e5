"""Magic values: a text in the payment itself provokes a code, so that whoever uses the mock needs no control plane.

They stand in ``info_order``, which LianLian echoes and never reads. ``MOCK:4005`` makes the request that carries it answer this
code and do nothing; ``MOCK:4002``, ``4003`` and ``4004`` have the payment ask for a confirmation. ``MOCK:DONE:9999`` has it
done, and answers the code all the same. ``MOCK:END:FAILURE`` accepts it and ends it in this state: ``SUCCESS``, ``FAILURE``,
``CANCEL`` (it succeeds, and comes back two days later), or for ever ``APPLY``, ``PROCESSING``, ``WAITING``; a code, as in
``MOCK:END:1110``, is the reason of its failure. ``MOCK:query:8901`` and ``MOCK:confirm:9999`` let it be made, and make that later
request about it answer the code, each time. Every code of LianLian's list will do.
"""

from collections.abc import Mapping

from mocks.lianlian.codes import CONFIRMATION, find, refused
from mocks.lianlian.fields import bad

_PREFIX = "MOCK:"
NOW, DONE, END, QUERY, CONFIRM = "", "DONE", "END", "query", "confirm"
_ENDS = frozenset({"SUCCESS", "FAILURE", "CANCEL", "APPLY", "PROCESSING", "WAITING"})


def wish(fields: Mapping[str, str]) -> tuple[str, str] | None:
    """Return where and with what a payment asks for trouble, if it does.

    Raises:
        RefusedError: 1004 where it asks for what there is not.
    """
    text = fields.get("info_order", "")
    if not text.startswith(_PREFIX):
        return None
    where, _, what = text.removeprefix(_PREFIX).rpartition(":")
    if where not in {NOW, DONE, END, QUERY, CONFIRM}:
        raise bad("info_order", f"{text}: there are MOCK:CODE and MOCK:DONE, END, query and confirm before a code")
    if find(what) is None and not (where == END and what in _ENDS):
        raise bad("info_order", f"{text}: {what!r} is no code of LianLian's list, mocks/lianlian/codes.csv")
    return where, what


def provoke(where: str, fields: Mapping[str, str]) -> None:
    """Refuse what a payment's magic value asks to be refused at this place.

    Raises:
        RefusedError: with the code that was asked for.
    """
    asked = wish(fields)
    if asked is not None and asked[0] == where and not (where == NOW and asked[1] in CONFIRMATION):
        raise refused(asked[1], why=f"asked for by info_order, {fields['info_order']}")


def confirmation(fields: Mapping[str, str]) -> str:
    """Return the code by which a payment wants to ask for its confirmation, or nothing."""
    asked = wish(fields)
    return asked[1] if asked is not None and asked[0] == NOW and asked[1] in CONFIRMATION else ""


def end(fields: Mapping[str, str]) -> str:
    """Return the state or the code that a payment is to end with, or nothing."""
    asked = wish(fields)
    return asked[1] if asked is not None and asked[0] == END else ""
