"""One customer's line to the bank's proxy: send, and read what comes back. The proxy signs towards the bank; we sign nothing."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, fetch
from payment_channels.channels.cib import fox
from payment_channels.channels.cib.config import CibConfig
from payment_channels.channels.cib.messages import moment
from payment_channels.codec.xml import Element

OK = 200
STATUS = "STATUS/CODE"
STATE = "XFERPRCCODE"
STATES = frozenset({STATE, "REFUNDSTATUS", "XFERINFOTEXT"})
"""Where states stand, those of refunds and of a batch's lines too: an answer that refuses has none of them."""
Say = Callable[[Element, fox.Answer], dict[str, Any]]
"""Puts an understood transaction into the reading's words."""
Refused = Callable[[fox.Answer], dict[str, Any]]


class Line:
    """What the verbs share. Immutable."""

    def __init__(self, config: CibConfig, clock: Callable[[], datetime], nonce: Callable[[], str]) -> None:
        """``nonce`` gives the number of a request that is about no order."""
        self.config = config
        self.clock = clock
        self.nonce = nonce

    def __repr__(self) -> str:
        """Name the customer and nothing else."""
        return f"Line({self.config.cid!r})"

    def send(self, name: str, content: Mapping[str, Any]) -> Exchange[HttpReply]:
        """Post one transaction, logged in anew each time (GENUSERKEY N)."""
        login = {
            "DTCLIENT": moment(self.clock()),
            "CID": self.config.cid,
            "USERID": self.config.user_id,
            "USERPASS": self.config.user_pass,
            "GENUSERKEY": "N",
            "APPID": self.config.app_id,
            "APPVER": self.config.app_version,
        }
        body = fox.write(login, name, content)
        headers = (("Accept-Encoding", "identity"), ("Content-Type", "application/x-fox"))
        return (yield from fetch(HttpCall("POST", self.config.trusted_line, headers, body)))

    def read(
        self, reply: HttpReply, operation: str, name: str, trnuid: str, say: Say, *, refused: Refused | None = None
    ) -> Reading:
        """Read the answer to the request ``name`` with that TRNUID. A STATUS but 0 speaks alone, or as ``refused`` says."""
        if reply.status != OK:
            return Reading.unreadable(operation, http_status=reply.status, note=f"HTTP {reply.status}")
        try:
            answer = fox.read(reply.body, f"{name[:-2]}RS")
            words: dict[str, Any] = {"where": STATUS, "code": answer.status.code, "message": answer.status.message}
            told = answer.transaction
            if told is not None:
                words["foreign"] = self._foreign(told, trnuid)
            if answer.status.code == "0":
                assert told is not None  # noqa: S101  fox.read refuses an answer without
                words |= say(told, answer)
            elif told is not None and any(child.name in STATES for child in _all(told)):
                return Reading.unreadable(operation, http_status=reply.status, note="both an error and a state")
            elif refused is not None:
                words |= refused(answer)
        except fox.MessageRefusedError as error:
            return Reading.unreadable(operation, http_status=reply.status, note=str(error))
        # The protocol has no signature; whether this line is to be believed, settle() finds.
        return Reading(
            **{
                "operation": operation,
                "http_status": reply.status,
                "authenticity": Authenticity.TRUSTED_LINE,
                **words,
            }
        )

    def _foreign(self, told: Element, trnuid: str) -> str:
        echoed = fox.text(told, "TRNUID")
        if echoed is None:
            raise fox.MessageRefusedError("there is no TRNUID")
        return "" if echoed == trnuid else "TRNUID differs"


def _all(element: Element) -> list[Element]:
    return [element, *(one for child in element.children for one in _all(child))]
