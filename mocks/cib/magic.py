"""Magic values: a text in the instruction itself provokes a code or a state, so that no control plane is needed.

They stand in ``PURPOSE`` (用途) or ``MEMO``, which the bank carries along and does not read. ``MOCK:6000`` makes the request
answer this STATUS code and do nothing. ``MOCK:DONE:6000`` has it done, and answers the code all the same. ``MOCK:query:1740``
makes later queries of it answer the code. ``MOCK:END:FAIL`` lets an instruction come to FAIL; PENDING stays in doubt, PROCESSING,
AUDITING and WAIT_FOR_AUDIT stay where they are, RETURN is PAYOUT and comes back two hours
later; of a refund 0, 2, 3 and AUDITING are meant.
"""

from collections.abc import Mapping
from typing import Any

from mocks.cib.codes import BROKEN, find, refused
from mocks.cib.instructions import Instruction

_PREFIX = "MOCK:"
NOW, DONE, QUERY = "", "DONE", "query"
_ENDS: dict[str, dict[str, dict[str, Any]]] = {
    "paying": {
        "FAIL": {"doom": "fail"},
        "EXPIRED": {"doom": "expire"},
        "PENDING": {"doom": "doubt"},
        "PROCESSING": {"held": True},
        "AUDITING": {"state": "AUDITING"},
        "WAIT_FOR_AUDIT": {"state": "WAIT_FOR_AUDIT"},
        "RETURN": {"comes_back": True},
    },
    "refunding": {"0": {"held": True}, "2": {"doom": "fail"}, "3": {"doom": "doubt"}, "AUDITING": {"state": "AUDITING"}},
}


def _wish(facts: Mapping[str, Any]) -> tuple[str, str] | None:
    texts = (facts.get(name) for name in ("PURPOSE", "MEMO"))
    text = next((one for one in texts if isinstance(one, str) and one.startswith(_PREFIX)), None)
    if text is None:
        return None
    place, _, what = text.removeprefix(_PREFIX).rpartition(":")
    return place, what


def provoke(place: str, facts: Mapping[str, Any]) -> None:
    """Refuse what asks to be refused at this place.

    Raises:
        RefusedError: with the code that was asked for; 2000 where it is none that the document shows.
    """
    asked = _wish(facts)
    if asked is None or asked[0] != place:
        return
    if find(asked[1]) is None:
        raise refused(BROKEN, why=f"MOCK: {asked[1]!r} is no STATUS code of mocks/cib/codes.csv")
    raise refused(asked[1], why="asked for by PURPOSE or MEMO")


def doom(one: Instruction) -> Instruction:
    """Let an instruction come to what its text asks for, and return it.

    Raises:
        RefusedError: 2000 where no instruction of its kind comes to that.
    """
    asked = _wish(one.facts)
    if asked is not None and asked[0] == "END":
        ends = _ENDS["refunding" if one.kind == "refund" else "paying"]
        if asked[1] not in ends:
            raise refused(BROKEN, why=f"MOCK:END: {asked[1]!r} is none of {', '.join(ends)}")
        for name, value in ends[asked[1]].items():
            setattr(one, name, value)
    return one
