"""Alipay's certificates: handed out by their number, and rotated so that a client has to fetch one it does not know."""

import base64
from typing import Any

from mocks.alipay import certs
from mocks.alipay.call import Answer, Call
from mocks.alipay.codes import GATEWAY, refused
from mocks.alipay.desk import Desk
from mocks.alipay.fields import check
from mocks.alipay.keys import new_key
from mocks.control import ControlRefusedError


def download(desk: Desk, call: Call) -> Answer:
    """Hand out a certificate: its PEM in base64 (a real value was not seen; PEM or DER, the pages do not say)."""
    check(call.operation, call.biz)
    pem = desk.gate.certificates.get(call.biz["alipay_cert_sn"])
    if pem is None:  # no table of this operation's codes was found
        raise refused(GATEWAY, "isv.invalid-parameter", "参数无效，alipay_cert_sn不存在")
    return Answer({"alipay_cert_content": base64.b64encode(pem).decode()})


def control(desk: Desk, number: str, verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    """Rotate: another certificate signs from now on for those who name theirs. Retire: the old ones are not handed out any more.

    Raises:
        ControlRefusedError: ``number`` is not ``alipay``: there are no others to rotate; or the root's key is not here.
    """
    if number != "alipay":
        raise ControlRefusedError(
            "只有 POST /_mock/alipay/certificates/alipay/{rotate|retire}",
            "there is only POST /_mock/alipay/certificates/alipay/{rotate|retire}",
            status=404,
        )
    gate = desk.gate
    if verb == "rotate":
        if desk.keys.root_key is None:
            raise ControlRefusedError(
                "密钥目录中没有 alipay_root_key.pem，无法签发",
                "alipay_root_key.pem is not in the folder of keys: nothing can be issued",
            )
        key = new_key()
        gate.add_certificate(certs.issue(certs.name("Mock Alipay", "Alipay"), key.public_key(), desk.keys.root_key), key)
    else:
        gate.retire_certificates()
    return {"current": gate.current, "valid": list(gate.certificates)}
