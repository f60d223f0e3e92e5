"""Magic values: a text in the order itself provokes a code, so that whoever uses the mock needs no control plane.

They stand in ``REMARK``, ``SUMMARY`` or ``CUST_USERID`` of a payout (of a batch: in each line), in ``remark`` or ``body`` of
what is collected:

- ``MOCK:1105``, ``MOCK:3889``, ``MOCK:SYSTEMERR`` make the request that carries it answer this code and do nothing.
- ``MOCK:2008`` takes it in and answers this code in between; it ends well when it is due. ``MOCK:0014`` is that of a payout's
  detail.
- ``MOCK:3031`` makes a payout fail for this reason, ``MOCK:4000`` succeed with this code. ``MOCK:END:3045`` takes it in, and
  it ends so when it is due.
- ``MOCK:HOLD:2007`` takes it in and leaves it open until the control plane ends it.
- ``MOCK:DONE:2008`` has it done, and answers as if nobody knew.
- ``MOCK:RETURN:3999`` lets a payout succeed and come back two days later.
- ``MOCK:query:1000`` (``refund``, ``cancel``) lets it be made, and answers this code to that later operation on it, each
  time.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mocks.allinpay.codes import PLACES, Row, find, refused, rows

NOW, END, HOLD, DONE, RETURN, QUERY = "", "END", "HOLD", "DONE", "RETURN", "query"
TLT, VSP = ("tlt.info", "tlt.detail"), ("vsp.retcode", "vsp.trxstatus")
_TEXTS = {TLT: ("REMARK", "SUMMARY", "CUST_USERID"), VSP: ("remark", "body")}
_BROKEN = {TLT: ("tlt.info", "1000"), VSP: ("vsp.retcode", "FAIL")}
_GRAMMAR = re.compile(r"MOCK:(?:(END|HOLD|DONE|RETURN|query|refund|cancel):)?(?:(info|detail|retcode|trxstatus):)?(\w+)")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a text asks for: where, and the row of the code."""

    where: str
    row: Row


def wish(fields: Mapping[str, str], places: tuple[str, str]) -> Wish | None:
    """Return what a request asks for, if it does. A code that stands at both places is taken from the first.

    Raises:
        RefusedError: the code is none of this side's, or the text is not of this form.
    """
    text = next((fields[name] for name in _TEXTS[places] if fields.get(name, "").startswith("MOCK:")), None)
    if text is None:
        return None
    found = _GRAMMAR.fullmatch(text)
    wanted = (PLACES[found[2]],) if found and found[2] else places
    row = next((row for place in wanted if found and (row := find(place, found[3]))), None)
    if found is None or row is None or row.where not in places:
        known = ", ".join(f"{row.where}:{row.code}" for row in rows() if row.where in places)
        raise refused(*_BROKEN[places], why=f"{text} asks for no code that is known here; there are {known}")
    return Wish(found[1] or NOW, row)
