"""One merchant's line to TLT (通联通): sign and post a packet, read the answer, verify it."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, Signer, Verifier, fetch
from payment_channels.channels.allinpay import packets
from payment_channels.channels.allinpay.config import TltConfig
from payment_channels.channels.allinpay.messages import MessageRefusedError
from payment_channels.channels.allinpay.packets import Packet
from payment_channels.channels.allinpay.signing import unusable
from payment_channels.channels.allinpay.vsp import USER_AGENT
from payment_channels.codec.certificates import Certificate
from payment_channels.codec.pkcs12 import open_pfx
from payment_channels.codec.rsa import KeyUnusableError, RsaSha1Signer, RsaSha1Verifier, public_key

PATH = "/aipg/ProcessServlet"
SINGLE, BATCH, QUERY = "100014", "100002", "200004"
VERSION, XML, LEVEL = "04", "2", "5"
PROCESSED = "0000"
INFO, DETAIL = "INFO.RET_CODE", "detail.RET_CODE"
"""The same code in the envelope and in a detail are two statements: ``0000`` of the envelope says that the detail may be read."""
DETAILS = (("TRANSRET",), ("BODY", "RET_DETAILS", "RET_DETAIL"), ("QTRANSRSP", "QTDETAIL"))
"""Where the details of a payout, a batch and a query stand. Codes of success and in between begin with 0, 2 or 4."""
Say = Callable[[Packet], dict[str, Any]]
"""Finds what decides below a processed envelope: where, code, message and facts."""


class TltLine:
    """What the verbs that pay out share. Immutable."""

    def __init__(self, config: TltConfig, clock: Callable[[], datetime], nonce: Callable[[], str]) -> None:
        """Parse the keys once.

        Raises:
            ConfigurationError: one of them cannot be used.
        """
        self.config = config
        self.clock = clock
        self.nonce = nonce
        self.signer = config.signer or _pfx_signer(config)
        self.verifier = _platform(config)

    def __repr__(self) -> str:
        """Name the merchant and nothing else."""
        return f"TltLine({self.config.merchant_id!r})"

    @property
    def key_id(self) -> str:
        """The name of the signing key: its certificate's serial number."""
        key_id: str = self.signer.key_id
        return key_id

    def query_number(self) -> str:
        """Return the REQ_SN of a query: unique among all requests of the merchant, and no order's."""
        return f"{self.config.merchant_id}-{self.nonce()[:24]}"

    def send(self, trx_code: str, req_sn: str, content: str) -> Exchange[HttpReply]:
        """Sign and post a packet."""
        info = {
            "TRX_CODE": trx_code,
            "VERSION": VERSION,
            "DATA_TYPE": XML,
            "LEVEL": LEVEL,
            "MERCHANT_ID": self.config.merchant_id,
            "USER_NAME": self.config.user_name,
            "USER_PASS": self.config.user_pass,
            "REQ_SN": req_sn,
        }
        body = yield from packets.signed(self.signer, packets.plain(info, content))
        headers = (
            ("Accept-Encoding", "identity"),
            ("Content-Type", "text/xml; charset=GBK"),
            ("User-Agent", USER_AGENT),
        )
        return (yield from fetch(HttpCall("POST", self.config.base_url + PATH, headers, body)))

    def read(self, reply: HttpReply, operation: str, trx_code: str, req_sn: str, say: Say) -> Exchange[Reading]:
        """Read an answer: the envelope's code first; only where it says "processed" does ``say`` look below it."""
        try:
            packet = packets.read(reply.body)
            code = packet.info.get("RET_CODE", "")
            if not code:
                return Reading.unreadable(operation, http_status=reply.status, note="there is no INFO.RET_CODE")
            why = yield from packets.doubt(self.verifier, packet)
            words = say(packet) if code == PROCESSED else _alone(packet, code)
        except MessageRefusedError as error:
            return Reading.unreadable(operation, http_status=reply.status, note=str(error))
        return Reading(
            **{
                "operation": operation,
                "where": INFO,
                "code": code,
                "message": packet.info.get("ERR_MSG", ""),
                "http_status": reply.status,
                "authenticity": Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED,
                "foreign": self.foreign(packet.info, trx_code, req_sn),
                "note": why,
                **words,
            }
        )

    def foreign(self, info: Mapping[str, str], trx_code: str, req_sn: str) -> str:
        """Say in a few words what of an envelope answers another request. Every answer names its REQ_SN."""
        wanted = {"TRX_CODE": trx_code, "REQ_SN": req_sn}
        for name, own in wanted.items():
            if info.get(name) != own:
                return f"{name} differs"
        return "MERCHANT_ID differs" if (info.get("MERCHANT_ID") or self.config.merchant_id) != self.config.merchant_id else ""


def _alone(packet: Packet, code: str) -> dict[str, Any]:
    """An envelope that was not processed speaks alone: a detail in it must not say that something was paid, or is on its way.

    Raises:
        MessageRefusedError: one does.
    """
    told = (detail.get("RET_CODE", "") for path in DETAILS for detail in packet.parts(*path))
    if any(one != code and one.startswith(("0", "2", "4")) for one in told):
        reason = "the envelope was not processed, and a detail in it was"
        raise MessageRefusedError(reason)
    return {}


def _pfx_signer(config: TltConfig) -> Signer:
    try:
        held = open_pfx(config.merchant_pfx or b"", config.pfx_password or "")
    except KeyUnusableError as error:
        raise unusable("tlt.merchant_pfx", error) from error
    return RsaSha1Signer(key_id=held.certificate.decimal_serial_no, key=held.key)


def _platform(config: TltConfig) -> Verifier:
    """Take a certificate or a public key; its validity is not asked, since whoever configured it vouches for it."""
    pem = config.platform_cert
    try:
        key = Certificate.from_pem(pem).key if "CERTIFICATE" in pem else public_key(pem)
    except KeyUnusableError as error:
        raise unusable("tlt.platform_cert", error) from error
    return RsaSha1Verifier(key_id="Allinpay TLT", key=key)
