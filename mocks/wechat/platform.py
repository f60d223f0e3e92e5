"""The platform's certificates: downloaded sealed, and rotated with both valid for a while."""

import secrets
from datetime import UTC, datetime
from typing import Any

from mocks.clock import BEIJING
from mocks.control import ControlRefusedError
from mocks.wechat.codes import refused
from mocks.wechat.desk import Desk
from mocks.wechat.keys import new_certificate, new_key
from mocks.wire import MockReply, MockRequest
from payment_channels.codec.aead import seal
from payment_channels.codec.certificates import Certificate

_NAME = "certificate"


def download(desk: Desk, _request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Hand out the certificates that are valid now, each sealed with the merchant's APIv3 key."""
    if not desk.gate.certificates:
        raise refused(operation, "RESOURCE_NOT_EXISTS")
    return MockReply.of_json({"data": [_sealed(desk, pem) for pem in desk.gate.certificates.values()]})


def _sealed(desk: Desk, pem: bytes) -> dict[str, Any]:
    certificate = Certificate.from_pem(pem)
    nonce = secrets.token_hex(6)
    return {
        "serial_no": certificate.serial_no,
        "effective_time": _time(certificate.not_before),
        "expire_time": _time(certificate.not_after),
        "encrypt_certificate": {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": _NAME,
            "ciphertext": seal(desk.keys.apiv3_key, nonce=nonce, associated_data=_NAME, plain=pem),
        },
    }


def _time(moment: datetime) -> str:
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def control(desk: Desk, number: str, verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    """Rotate: a new certificate signs from now on, the old stays valid. Retire: the old ones are gone. Remove: all are.

    Raises:
        ControlRefusedError: ``number`` is not ``platform``: there are no others to rotate.
    """
    if number != "platform":
        raise ControlRefusedError(
            "只有 POST /_mock/wechat/certificates/platform/{rotate|retire|remove}",
            "there is only POST /_mock/wechat/certificates/platform/{rotate|retire|remove}",
            status=404,
        )
    gate = desk.gate
    if verb == "rotate":
        key = new_key()
        gate.add_certificate(new_certificate(key, "mock of Tenpay.com Root CA"), key)
    else:
        kept = {gate.current_certificate} if verb == "retire" else set()
        for serial in [serial for serial in gate.certificates if serial not in kept]:
            gate.drop_certificate(serial)
    return {
        "current": gate.current_certificate,
        "valid": list(gate.certificates),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
