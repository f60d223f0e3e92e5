"""One merchant's line to VSP (收银宝): sign and post a form, read the JSON answer, verify it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, fetch
from payment_channels.channels.allinpay import signing
from payment_channels.channels.allinpay.config import VspConfig
from payment_channels.channels.allinpay.messages import MessageRefusedError, Told, read_answer
from payment_channels.codec import forms

PAY, SCAN, CANCEL, REFUND, QUERY = (f"/apiweb/unitorder/{name}" for name in ("pay", "scanqrpay", "cancel", "refund", "query"))
FILES = "/apiweb/trxfile/get"
VERSION = "12"
"""Above 11 the answers tell a wrong parameter and a wrong signature from other refusals."""
ACCEPTED, DONE, BEING_HANDLED = "SUCCESS", "0000", frozenset({"2000", "2008"})
USER_AGENT = "payment-channels (Python)"
Say = Callable[[Told, str, str], dict[str, Any]]
"""Puts an answer's fields, and the where and code that were chosen, into the reading's words."""


class VspLine:
    """What the verbs that take money share. Immutable."""

    def __init__(self, config: VspConfig, clock: Callable[[], datetime], nonce: Callable[[], str]) -> None:
        """Parse the keys once.

        Raises:
            ConfigurationError: one of them cannot be used.
        """
        self.config = config
        self.clock = clock
        self.nonce = nonce
        self.signer = signing.signer_of(config)
        self.verifier = signing.verifier_of(config)

    def __repr__(self) -> str:
        """Name the merchant and nothing else."""
        return f"VspLine({self.config.cusid!r})"

    @property
    def key_id(self) -> str:
        """The name of the signing key."""
        return self.signer.key_id if self.signer is not None else f"MD5 {self.config.appid}"

    def send(self, path: str, fields: Mapping[str, str]) -> Exchange[HttpReply]:
        """Sign and post."""
        common = {"cusid": self.config.cusid, "appid": self.config.appid, "version": VERSION, "randomstr": self.nonce()}
        body = forms.encode((yield from signing.signed(self.config, self.signer, {**common, **fields})))
        headers = (
            ("Accept-Encoding", "identity"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"),
            ("User-Agent", USER_AGENT),
        )
        return (yield from fetch(HttpCall("POST", self.config.base_url + path, headers, body)))

    def read(self, reply: HttpReply, operation: str, say: Say, *, of_order: bool = True) -> Exchange[Reading]:
        """Read an answer: ``retcode`` speaks of the request; once it is SUCCESS, ``trxstatus`` speaks of the transaction."""
        try:
            fields = read_answer(reply.body)
            where = "trxstatus" if of_order and fields.get("retcode") == ACCEPTED else "retcode"
            code = fields.get(where, "")
            if not code:
                return Reading.unreadable(operation, http_status=reply.status, note=f"there is no {where}")
            why = yield from signing.doubt(self.config, self.verifier, fields)
            words = say(Told(fields), where, code)
        except MessageRefusedError as error:
            return Reading.unreadable(operation, http_status=reply.status, note=str(error))
        return Reading(
            **{
                "operation": operation,
                "where": where,
                "code": code,
                "message": fields.get("errmsg" if where == "trxstatus" else "retmsg", ""),
                "http_status": reply.status,
                "authenticity": Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED,
                "foreign": self.foreign(fields),
                "note": why,
                **words,
            }
        )

    def foreign(self, fields: Mapping[str, str]) -> str:
        """Say in a few words what of a message is another merchant's. An answer may leave its merchant out."""
        for name, own in (("cusid", self.config.cusid), ("appid", self.config.appid)):
            if (fields.get(name) or own) != own:
                return f"{name} differs"
        return ""


def another(told: Told, number: str, where: str, code: str) -> str:
    """Say in a few words that an answer is about another transaction than the one sent under ``number``.

    Answers are signed and name no request, so an old one could be given again: what decides anything names its order.
    """
    given = told.text("reqsn")
    if given is None:
        return "there is no reqsn" if where == "trxstatus" and code not in BEING_HANDLED else ""
    return "reqsn differs" if given != number else ""
