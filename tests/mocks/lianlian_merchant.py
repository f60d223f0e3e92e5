"""LianLian's merchant, written by hand for the tests of the mock: it shares no code with the SDK or with it."""

import base64
import hashlib
import hmac
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from mocks.wire import MockReply, MockRequest

PAY, CONFIRM, QUERY = (f"/paymentapi/{name}.htm" for name in ("payment", "confirmPayment", "queryPayment"))
BALANCE, BRANCHES = "/traderAcctQuery.htm", "/prcptcdquery.htm"
NOTIFY = "http://127.0.0.1:9/notify"
JSON_TYPE = "application/json;charset=utf-8"
# As in tests/vectors/lianlian/lianlian.json.
HMAC_KEY, AES_KEY, NONCE = "0123456789ABCDEFGHIJKLMNOPQRSTUV", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", "N0NCE123"
MD5, SHA1 = hashes.MD5(), hashes.SHA1()  # noqa: S303  the protocol's choice
OAEP = padding.OAEP(mgf=padding.MGF1(SHA1), algorithm=SHA1, label=None)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def broken(text: str, end: str = "\r\n") -> str:
    """Return base64 in lines of 76, as the Java encoder writes it."""
    return end.join(text[start : start + 76] for start in range(0, len(text), 76))


def string_to_sign(fields: Mapping[str, Any]) -> str:
    pairs = []
    for name in sorted(fields, key=lambda one: one.lower()):
        value = fields[name]
        if name == "sign" or value is None or value == "":
            continue
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        pairs.append(f"{name}={text}")
    return "&".join(pairs)


@dataclass
class Merchant:
    """Signs and encrypts requests as the pages say, sends them to ``send`` and verifies what comes back."""

    folder: Path
    send: Callable[[MockRequest], MockReply]
    key: RSAPrivateKey = field(init=False)
    platform: RSAPublicKey = field(init=False)
    partner: str = field(init=False)
    trusted: bool = True

    def __post_init__(self) -> None:
        self.partner = tomllib.loads((self.folder / "channel.toml").read_text(encoding="utf-8"))["oid_partner"]
        key = serialization.load_pem_private_key((self.folder / "merchant_key.pem").read_bytes(), password=None)
        platform = serialization.load_pem_public_key((self.folder / "lianlian_public_key.pem").read_bytes())
        assert isinstance(key, RSAPrivateKey)
        assert isinstance(platform, RSAPublicKey)
        self.key, self.platform = key, platform

    def signed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {**fields, "sign": b64(self.key.sign(string_to_sign(fields).encode(), padding.PKCS1v15(), MD5))}

    def verified(self, fields: Mapping[str, Any]) -> bool:
        try:
            signature, text = base64.b64decode(fields["sign"], validate=True), string_to_sign(fields).encode()
            self.platform.verify(signature, text, padding.PKCS1v15(), MD5)
        except InvalidSignature:
            return False
        return True

    def sealed(self, plain: str, *, line_end: str = "", **changes: Any) -> str:
        """Return ``pay_load`` of a text; a part can be changed by its name."""
        write: Callable[[bytes], str] = lambda raw: broken(b64(raw), line_end) if line_end else b64(raw)  # noqa: E731
        given = {"hmac_key": HMAC_KEY, "aes_key": AES_KEY, "nonce": NONCE} | changes
        hmac_key, aes_key, nonce = (given[name].encode() for name in ("hmac_key", "aes_key", "nonce"))
        oaep = changes.get("oaep", OAEP)
        box = [write(self.platform.encrypt(key, oaep)) for key in (hmac_key, aes_key)]
        block = (nonce + b"\0\0\0\0\0\0\0\1").ljust(16, b"\0")[:16]
        encryptor = Cipher(algorithms.AES(aes_key.ljust(32, b"0")[:32]), modes.CTR(block)).encryptor()
        nonce_text, cipher = write(nonce), write(encryptor.update(plain.encode()) + encryptor.finalize())
        mac = hmac.new(hmac_key, f"{nonce_text}${cipher}".encode(), hashlib.sha256).digest()
        parts = [changes.get("version", "lianpay1_0_1"), *box, nonce_text, cipher, changes.get("mac") or b64(mac)]
        return "$".join(parts)

    def post(self, path: str, content: Any, *, content_type: str = JSON_TYPE) -> MockReply:
        body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
        return self.send(MockRequest("POST", path, headers={"content-type": content_type}, body=body))

    def ask(self, path: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Sign, encrypt where it is needed, send, and return the verified answer."""
        signed = self.signed({name: value for name, value in fields.items() if value is not None})
        if path in {PAY, CONFIRM}:
            return self.read(self.post(path, self.enveloped(json.dumps(signed, ensure_ascii=False))))
        return self.read(self.post(path, signed))

    def enveloped(self, plain: str, **changes: Any) -> dict[str, Any]:
        return {"oid_partner": self.partner, "pay_load": self.sealed(plain, **changes)}

    def read(self, reply: MockReply) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(reply.body)
        assert not self.trusted or self.verified(answer)
        return answer

    def payment(self, number: str = "payout1", **changes: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "api_version": "1.1",
            "oid_partner": self.partner,
            "sign_type": "RSA",
            "no_order": number,
            "dt_order": "20260601120000",
            "money_order": "123.45",
            "flag_card": "0",
            "card_no": "6226090000000048",
            "acct_name": "张三",
            "info_order": "报销 5 月",
            "memo": "代付",
            "notify_url": NOTIFY,
        } | changes
        return {name: value for name, value in fields.items() if value is not None}

    def corporate(self, number: str = "payout1", **changes: Any) -> dict[str, Any]:
        account = {"flag_card": "1", "card_no": "1000200030004000", "acct_name": "某某（北京）有限公司", "bank_code": "01040000"}
        return self.payment(number, **{**account, **changes})

    def pay(self, number: str = "payout1", **changes: Any) -> dict[str, Any]:
        return self.ask(PAY, self.payment(number, **changes))

    def confirm(self, number: str, confirm_code: str, **changes: Any) -> dict[str, Any]:
        asked = {"api_version": "1.0", "oid_partner": self.partner, "sign_type": "RSA", "no_order": number}
        return self.ask(CONFIRM, {**asked, "confirm_code": confirm_code, "notify_url": NOTIFY, **changes})

    def query(self, number: str | None = "payout1", **changes: Any) -> dict[str, Any]:
        asked = {"oid_partner": self.partner, "sign_type": "RSA", "no_order": number, "api_version": "1.0"}
        return self.ask(QUERY, {**asked, **changes})

    def balance(self, **changes: Any) -> dict[str, Any]:
        return self.ask(BALANCE, {"oid_partner": self.partner, "api_version": "1.0", "sign_type": "RSA", **changes})
