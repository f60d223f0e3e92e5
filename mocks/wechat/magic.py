"""Magic values: a text in the order itself provokes a code, so that whoever uses the mock needs no control plane.

``MOCK:NOT_ENOUGH`` in ``description`` (v2: ``body``), a refund's ``reason``, ``transfer_remark`` or ``batch_remark`` makes the
request that carries it answer this code and do nothing. ``MOCK:query:SYSTEM_ERROR`` in an order lets the order be made, and makes
that later operation on it answer the code, each time. The codes are those of the operation's table.
``MOCK:FAIL:ACCOUNT_FROZEN`` in ``transfer_remark`` makes a transfer fail with that reason; since a remark is short, any
piece of a reason's name will do that fits no other. The length of a magic value is not counted.
"""

from typing import Any

from mocks.wechat.codes import of, refused
from mocks.wechat.fields import Field

_PREFIX = "MOCK:"
_TEXTS = ("description", "reason", "transfer_remark", "batch_remark", "body")


def uncounted(fields: tuple[Field, ...], body: dict[str, Any], name: str) -> tuple[Field, ...]:
    """Return the fields without the one of that name, if it holds a magic value: codes are long, remarks are not."""
    magical = str(body.get(name, "")).startswith(_PREFIX)
    return tuple(one for one in fields if not magical or one.pointer != f"/{name}")


def provoke(operation: str, parameters: dict[str, Any], *, first: bool) -> None:
    """Refuse what the magic value asks to be refused; ``first`` says that these are the operation's own parameters.

    Raises:
        RefusedError: it asks for a code, and the operation has it.
    """
    for name in _TEXTS:
        text = parameters.get(name)
        if not isinstance(text, str) or not text.startswith(_PREFIX):
            continue
        where, _, code = text.removeprefix(_PREFIX).rpartition(":")
        if where != ("" if first else operation):
            continue
        known = {row.code for row in of(operation)}
        if code not in known:
            possible = ", ".join(sorted(known))
            raise refused("gateway", "PARAM_ERROR", f"{text}: the table of {operation} has no such code; it has {possible}")
        raise refused(operation, code)


def fail_reason(remark: str) -> str | None:
    """Return why a transfer with this remark is to fail, if it is."""
    asked = remark.removeprefix(_PREFIX + "FAIL:")
    if asked == remark or not asked:
        return None
    names = [row.code for row in of("fail_reason")]
    fitting = [name for name in names if asked in name]
    if asked in names or len(fitting) == 1:
        return asked if asked in names else fitting[0]
    raise refused("gateway", "PARAM_ERROR", f"{remark}: fits {', '.join(fitting) or 'no fail_reason'}")
