"""Magic values: a text in the order itself provokes a code, so that whoever uses the mock needs no control plane.

They stand in ``subject`` or ``body`` of an order, ``refund_reason`` of a refund, ``order_title`` or ``remark`` of a transfer:

- ``MOCK:ACQ.SYSTEM_ERROR`` makes the request that carries it answer this code and do nothing; ``MOCK:20000:ACQ.SYSTEM_ERROR``
  with another code before it, as the gateway answers it when it does not know.
- ``MOCK:alipay.trade.query:ACQ.SYSTEM_ERROR`` lets the order be made, and makes that later operation on it answer the code.
- ``MOCK:20000`` has the request done, and answered as if nobody knew.
- ``MOCK:10003`` makes the payer of a payment code wait; ``MOCK:PROCESSING`` a refund; ``MOCK:DEALING`` a transfer to a card.
- ``MOCK:FAIL:CODE`` and ``MOCK:RETURN:CODE`` make a transfer to a card fail, or succeed and come back, for that reason.

The codes are those of the operation's table, or the gateway's own.
"""

import re
from typing import Any

from mocks.alipay.codes import GATEWAY, RefusedError, asked_for, find, of, refused

_PREFIX = "MOCK:"
_TEXTS = ("subject", "body", "refund_reason", "order_title", "remark")
_STATES = {"20000", "10003", "PROCESSING", "DEALING"}
_ENDS = re.compile(r"(FAIL|RETURN):(.+)")
_GRAMMAR = re.compile(r"(?:(alipay\.[a-z.]+):)?((?:\d{5}:)?[\w.-]+)")


def says(parameters: dict[str, Any], word: str) -> bool:
    """Say whether a magic value is that word."""
    return any(parameters.get(name) == _PREFIX + word for name in _TEXTS)


def end(operation: str, parameters: dict[str, Any]) -> tuple[str, str] | None:
    """Return how a transfer is to end, FAIL or RETURN, and why.

    Raises:
        RefusedError: the table has no such code.
    """
    for text in _asked(parameters):
        found = _ENDS.fullmatch(text)
        if found:
            if find(operation, found[2]) is None:
                raise _unknown(operation, text)
            return found[1], found[2]
    return None


def provoke(operation: str, parameters: dict[str, Any], *, first: bool) -> None:
    """Refuse what the magic value asks to be refused; ``first`` says that these are the operation's own parameters.

    Raises:
        RefusedError: it asks for a code, and the operation has it.
    """
    for text in _asked(parameters):
        found = _GRAMMAR.fullmatch(text)
        if found is None or text in _STATES or _ENDS.fullmatch(text) or found[1] != (None if first else operation):
            continue
        row = asked_for(operation, found[2])
        if find(row.operation, row.sub_code) is None:
            raise _unknown(operation, text)
        raise RefusedError(row)


def _asked(parameters: dict[str, Any]) -> list[str]:
    texts = [parameters.get(name) for name in _TEXTS]
    return [text.removeprefix(_PREFIX) for text in texts if isinstance(text, str) and text.startswith(_PREFIX)]


def _unknown(operation: str, text: str) -> RefusedError:
    possible = ", ".join(sorted({row.sub_code for row in of(operation)}))
    message = f"{_PREFIX}{text}: the table of {operation} has no such code; it has {possible}"
    return refused(GATEWAY, "isv.invalid-parameter", message)
