"""UnionPay's own certificates: the one that clients encrypt for is asked for (95), and all can be rotated.

The control plane can also have a certificate sign that must not be believed: of another authority, of another owner, or ended.
"""

from typing import Any

from mocks.control import ControlRefusedError
from mocks.unionpay.authority import Pair, new_leaf, new_middle, new_root, signer_name
from mocks.unionpay.desk import Answer, Desk

_UNTRUSTED = ("foreign", "wrong_owner", "ended")


def encrypt_certificate(desk: Desk, fields: dict[str, str]) -> Answer:
    """Hand out the certificate to encrypt for from now on."""
    return {"certType": fields["certType"], "encryptPubKeyCert": desk.gate.encryption[-1].in_message}


def control(desk: Desk, which: str, verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    """Rotate: a new certificate is used from now on; what was encrypted for the old one still opens until it is retired.

    Raises:
        ControlRefusedError: there is no such certificate, or the key that issues is not here.
    """
    gate = desk.gate
    if which == "encrypt" and verb == "rotate":
        gate.encryption.append(new_leaf(_middle(desk), signer_name()))
    elif which == "encrypt" and verb == "retire":
        del gate.encryption[:-1]
    elif which == "signer" and verb in {"rotate", *_UNTRUSTED}:
        gate.signer = _signer(desk, verb)
    elif which == "signer" and verb == "restore":
        gate.signer = desk.keys.signer
    else:
        there = "certificates/encrypt/{rotate|retire} and certificates/signer/{rotate|foreign|wrong_owner|ended|restore}"
        raise ControlRefusedError(
            f"只有 POST /_mock/unionpay/{there}", f"there are only POST /_mock/unionpay/{there}", status=404
        )
    return {"signer": gate.signer.cert_id, "encrypt": [pair.cert_id for pair in gate.encryption]}


def _signer(desk: Desk, verb: str) -> Pair:
    if verb == "foreign":
        return new_leaf(new_middle(new_root()), signer_name())
    if verb == "wrong_owner":
        return new_leaf(_middle(desk), signer_name("某某商户有限公司"))
    return new_leaf(_middle(desk), signer_name(), ended=verb == "ended")


def _middle(desk: Desk) -> Pair:
    if desk.keys.middle is None:
        raise ControlRefusedError(
            "密钥目录中没有 middle_key.pem，无法签发", "middle_key.pem is not among the keys: nothing can be issued"
        )
    return desk.keys.middle
