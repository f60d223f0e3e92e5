"""One merchant's line to LianLian: sign, encrypt and send; read and verify what comes back."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from payment_channels.channel import Authenticity, Exchange, HttpCall, HttpReply, Reading, Signer, fetch
from payment_channels.channels.lianlian import payload, signing
from payment_channels.channels.lianlian.config import LianlianConfig
from payment_channels.channels.lianlian.messages import (
    ACCEPTED,
    FAILED,
    HELD_BACK,
    MessageRefusedError,
    Told,
    encoded,
    read_message,
)
from payment_channels.codec.rsa import KeyUnusableError, RsaMd5Signer, RsaMd5Verifier, RsaOaepEncryptor, public_key
from payment_channels.model.refusals import ConfigurationError

OK = 200
HEADERS = (
    ("Accept-Encoding", "identity"),
    ("Content-Type", "application/json;charset=utf-8"),
    ("User-Agent", "payment-channels (Python)"),
)
Say = Callable[[Told], dict[str, Any]]
"""Puts an answer's fields into the reading's words."""


class Line:
    """What the verbs share. Immutable."""

    def __init__(
        self, config: LianlianConfig, clock: Callable[[], datetime], payload_keys: Callable[[], payload.PayloadKeys]
    ) -> None:
        """Parse the keys once.

        Raises:
            ConfigurationError: one of them cannot be used.
        """
        self.config = config
        self.clock = clock
        self.signer: Signer = config.signer or _local_signer(config)
        self.verifier = _verifier(config)
        self._encryptor = RsaOaepEncryptor(key_id=self.verifier.key_id, key=self.verifier.key)
        self._payload_keys = payload_keys

    def __repr__(self) -> str:
        """Name the merchant and nothing else."""
        return f"Line({self.config.oid_partner!r})"

    def send(self, url: str, fields: Mapping[str, str], *, encrypted: bool = False) -> Exchange[HttpReply]:
        """Sign and post; ``encrypted``: nothing but the merchant's number stands outside ``pay_load``."""
        whole = yield from signing.signed(self.signer, fields)
        if encrypted:
            sealed = payload.seal(encoded(whole), self._payload_keys(), self._encryptor)
            whole = {"oid_partner": self.config.oid_partner, "pay_load": sealed}
        return (yield from fetch(HttpCall("POST", url, HEADERS, encoded(whole))))

    def read(self, reply: HttpReply, operation: str, say: Say, *, refuses_unsigned: bool = False) -> Exchange[Reading]:
        """Read an answer. ``refuses_unsigned``: the page promises a signature with ``0000`` alone."""
        if reply.status != OK:
            return Reading.unreadable(operation, http_status=reply.status, note=f"HTTP {reply.status}: LianLian answers 200")
        try:
            fields = read_message(reply.body)
            told = Told(fields)
            lacking = told.lacks("ret_code")
            if lacking or _contradicts_itself(told):
                note = lacking or "both a refusal and a state"
                return Reading.unreadable(operation, http_status=reply.status, note=note)
            why = yield from signing.doubt(self.verifier, fields)
            words = say(told)
        except MessageRefusedError as error:
            return Reading.unreadable(operation, http_status=reply.status, note=str(error))
        authenticity = Authenticity.NOT_VERIFIED if why else Authenticity.VERIFIED
        if refuses_unsigned and "sign" not in fields and told.text("ret_code") != ACCEPTED:
            authenticity, why = Authenticity.UNSIGNED_AS_DOCUMENTED, ""
        return Reading(
            **{
                "operation": operation,
                "where": "ret_code",
                "code": told.text("ret_code"),
                "message": told.text("ret_msg"),
                "http_status": reply.status,
                "authenticity": authenticity,
                "foreign": self.foreign(told),
                "note": why,
                **words,
            }
        )

    def foreign(self, told: Told) -> str:
        """Say in a few words that a message is another merchant's; an empty text when it is ours, or does not say."""
        return "oid_partner differs" if told.text("oid_partner") not in {"", self.config.oid_partner} else ""


def _contradicts_itself(told: Told) -> bool:
    """Say whether an answer refuses and gives a state all the same, by which the payout was made or is on its way."""
    return told.text("ret_code") != ACCEPTED and told.text("result_pay") not in {"", FAILED, HELD_BACK}


def _local_signer(config: LianlianConfig) -> Signer:
    try:
        return RsaMd5Signer.from_pem(config.merchant_key or "", key_id=config.oid_partner)
    except KeyUnusableError as error:
        raise ConfigurationError.because(
            f"merchant_key 不可用：{error.zh}", f"merchant_key cannot be used: {error.en}", field="merchant_key"
        ) from error


def _verifier(config: LianlianConfig) -> RsaMd5Verifier:
    try:
        return RsaMd5Verifier(key_id="lianlian_public_key", key=public_key(config.lianlian_public_key))
    except KeyUnusableError as error:
        raise ConfigurationError.because(
            f"lianlian_public_key 不可用：{error.zh}",
            f"lianlian_public_key cannot be used: {error.en}",
            field="lianlian_public_key",
        ) from error
