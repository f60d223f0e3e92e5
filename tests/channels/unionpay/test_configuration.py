"""Configurations, the ways to sign, and what cannot be used."""

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from payment_channels import (
    ConfigurationError,
    PaymentQuery,
    open_channel,
)
from payment_channels.channels.unionpay import UnionpayConfig
from tests.channels.unionpay.conftest import (
    MER_ID,
    MERCHANT_CERT_ID,
    PFX_PASSWORD,
    SECURE_KEY,
    Gateway,
    fields_of,
    of_query,
    opened,
    payment,
    reply_of,
    verified,
)
from tests.conftest import Script


@pytest.mark.parametrize("method", ["11", "12"])
def test_keyed_signatures(gateway: Gateway, script: Script, method: str) -> None:
    """Both ways by the shared key; and nothing signed otherwise is believed."""
    from payment_channels.channels.unionpay.signing import keyed_digest

    client = opened(gateway, script, sign_method=method, secure_key=SECURE_KEY, merchant_pfx=None, pfx_password=None)
    told = {"version": "5.1.0", "signMethod": method, "merId": MER_ID, **of_query()}
    genuine = reply_of({**told, "signature": keyed_digest(told, method, SECURE_KEY)})
    forged = reply_of({**told, "signature": keyed_digest(told, method, "99999999")})
    script.answers = [genuine, forged, gateway.answers(of_query())]
    outcomes = [client.query(PaymentQuery.of(payment())).canonical for _ in range(3)]
    assert outcomes == ["PAYMENT_SUCCEEDED", "REPLY_NOT_VERIFIED", "REPLY_NOT_VERIFIED"]
    sent = fields_of(script.calls[0])
    signature = sent.pop("signature")
    assert (sent["signMethod"], "certId" in sent, signature) == (method, False, keyed_digest(sent, method, SECURE_KEY))


def test_a_key_elsewhere(gateway: Gateway, script: Script) -> None:
    """An HSM signs beside the loop; its key id is the certificate's number."""

    class Elsewhere:
        key_id, slow = str(MERCHANT_CERT_ID), True

        def sign(self, message: bytes) -> bytes:
            return gateway.merchant_key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    client = opened(gateway, script, merchant_pfx=None, pfx_password=None, signer=Elsewhere())
    client.query(PaymentQuery.of(payment()))
    assert verified(gateway, fields_of(script.calls[0]))["certId"] == str(MERCHANT_CERT_ID)


@pytest.mark.parametrize(
    "changes",
    [
        {"pfx_password": "another"},
        {"pfx_password": None},
        {"merchant_pfx": None},
        {"merchant_pfx": b"no pfx"},
        {"root_certs": ()},
        {"root_certs": ("no pem",)},
        {"encrypt_cert": "no pem"},
        {"legacy_certs": ("no pem",)},
        {"sign_method": "11"},
        {"sign_method": "99"},
        {"mer_id": "1"},
        {"base_url": "http://gateway.95516.com"},
        {"file_url": "https://filedownload.95516.com/somewhere"},
        {"certificate_owner": "anybody"},
    ],
    ids=str,
)
def test_configurations_that_cannot_be_used(gateway: Gateway, changes: dict[str, Any]) -> None:
    settings = {**dict(gateway.config()), **changes}
    with pytest.raises(ConfigurationError) as caught:
        open_channel("unionpay", settings)
    assert caught.value.zh
    assert PFX_PASSWORD not in str(caught.value)


def test_a_middle_of_another_root(gateway: Gateway) -> None:
    other = Gateway()
    with pytest.raises(ConfigurationError, match="root_certs"):
        open_channel("unionpay", gateway.config(root_certs=(other.root,)))


def test_one_folder(gateway: Gateway, tmp_path: Any) -> None:
    (tmp_path / "channel.toml").write_text(f'mer_id = "{MER_ID}"\npfx_password = "{PFX_PASSWORD}"\nsecure_key = "{SECURE_KEY}"\n')
    with pytest.raises(ConfigurationError, match=r"merchant\.pfx"):
        UnionpayConfig.from_directory(tmp_path)
    (tmp_path / "merchant.pfx").write_bytes(gateway.pfx)
    pems = {
        "unionpay_cert": gateway.pem,
        "middle_cert": gateway.middle,
        "root_cert": gateway.root,
        "encrypt_cert": gateway.encrypt,
    }
    for name, pem in pems.items():
        (tmp_path / f"{name}.pem").write_text(pem)
    held = UnionpayConfig.from_directory(tmp_path)
    assert held == gateway.config(secure_key=SECURE_KEY)
    mocked = UnionpayConfig.from_directory(tmp_path, base_url="http://127.0.0.1:9/", sign_method="12", legacy=True)
    assert (mocked.base_url, mocked.file_url) == ("http://127.0.0.1:9", "http://127.0.0.1:9")
    assert (mocked.merchant_pfx, mocked.secure_key, mocked.legacy_certs) == (None, SECURE_KEY, (gateway.pem,))
    there = UnionpayConfig.from_directory(tmp_path, base_url="https://gateway.test.95516.com", certificate_owner="test")
    assert there.file_url == "https://filedownload.test.95516.com"
