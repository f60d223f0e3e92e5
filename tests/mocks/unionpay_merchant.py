"""UnionPay's merchant, written by hand for the tests of the mock: it signs and verifies without the SDK's and the mock's code."""

import base64
import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from mocks.wire import MockReply, MockRequest

BACK = "http://127.0.0.1:9/back"
FRONT_PATH, APP_PATH, BACK_PATH, QUERY_PATH = (
    f"/gateway/api/{name}.do" for name in ("frontTransReq", "appTransReq", "backTransReq", "queryTrans")
)
BEIJING = timezone(timedelta(hours=8))


def sm3(text: str) -> str:
    digest = hashes.Hash(hashes.SM3())
    digest.update(text.encode())
    return digest.finalize().hex()


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def split(text: str) -> dict[str, str]:
    """Take an answer apart: at ``&`` outside braces, at the first ``=``."""
    parts = re.findall(r"([^=&]+)=((?:\{[^}]*\}|[^&{])*)(?:&|$)", text)
    assert "&".join(f"{name}={value}" for name, value in parts) == text
    return dict(parts)


@dataclass
class Merchant:
    """Signs requests as the pages say, sends them to ``send`` and verifies what comes back."""

    folder: Path
    send: Callable[[MockRequest], MockReply]
    now: Callable[[], datetime]
    method: str = "01"
    version: str = "5.1.0"
    trusted: bool = True
    facts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = tomllib.loads((self.folder / "channel.toml").read_text(encoding="utf-8"))
        packed = (self.folder / "merchant.pfx").read_bytes()
        key, certificate, _ = pkcs12.load_key_and_certificates(packed, self.facts["pfx_password"].encode())
        assert isinstance(key, RSAPrivateKey)
        assert certificate is not None
        self.key, self.cert_id = key, str(certificate.serial_number)

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.folder / f"{name}_cert.pem").read_bytes())

    @property
    def time(self) -> str:
        return f"{self.now().astimezone(BEIJING):%Y%m%d%H%M%S}"

    def fields(self, types: str, business: str, **more: str) -> dict[str, str]:
        common = {
            "version": self.version,
            "encoding": "UTF-8",
            "signMethod": self.method,
            "txnType": types[:2],
            "txnSubType": types[3:],
            "bizType": business,
            "accessType": "0",
            "merId": self.facts["mer_id"],
            "txnTime": self.time,
        }
        return common | more

    def sign(self, fields: Mapping[str, str]) -> dict[str, str]:
        filled = {name: value for name, value in fields.items() if value != ""}
        if self.method == "01":
            filled.setdefault("certId", self.cert_id)
        text = "&".join(f"{name}={filled[name]}" for name in sorted(filled))
        return filled | {"signature": self.signature(text)}

    def signature(self, text: str) -> str:
        if self.method == "11":
            return sha256(f"{text}&{sha256(self.facts['secure_key'])}")
        if self.method == "12":
            return sm3(f"{text}&{sm3(self.facts['secure_key'])}")
        name = "sha1" if self.version == "5.0.0" else "sha256"
        digits = hashlib.new(name, text.encode()).hexdigest().encode()
        used = hashes.SHA1() if name == "sha1" else hashes.SHA256()  # noqa: S303  the protocol's choice
        return base64.b64encode(self.key.sign(digits, padding.PKCS1v15(), used)).decode()

    def request(self, path: str, fields: Mapping[str, str]) -> MockRequest:
        kind = "application/x-www-form-urlencoded; charset=UTF-8"
        return MockRequest("POST", path, "", {"content-type": kind, "host": "127.0.0.1"}, urlencode(fields).encode())

    def ask(self, path: str, fields: Mapping[str, str], *, signed: bool = True) -> dict[str, str]:
        reply = self.send(self.request(path, self.sign(fields) if signed else fields))
        assert reply.status == 200
        answer = split(reply.body.decode())
        assert self.verified(answer) is self.trusted
        return answer

    def verified(self, answer: Mapping[str, str]) -> bool:
        text = "&".join(f"{name}={answer[name]}" for name in sorted(answer) if name != "signature")
        method, signature = answer["signMethod"], answer.get("signature", "")
        if method != "01":
            hexed = sha256 if method == "11" else sm3
            return hexed(f"{text}&{hexed(self.facts['secure_key'])}") == signature
        if answer["version"] == "5.0.0":
            certificate, name = self.certificate("unionpay"), "sha1"
            assert answer["certId"] == str(certificate.serial_number)
            assert "signPubKeyCert" not in answer
        else:
            assert "certId" not in answer
            certificate, name = x509.load_pem_x509_certificate(answer["signPubKeyCert"].encode()), "sha256"
            if not self.believed(certificate):
                return False
        digits = hashlib.new(name, text.encode()).hexdigest().encode()
        used = hashes.SHA1() if name == "sha1" else hashes.SHA256()  # noqa: S303  the protocol's choice
        key = certificate.public_key()
        assert isinstance(key, RSAPublicKey)
        try:
            key.verify(base64.b64decode(signature), digits, padding.PKCS1v15(), used)
        except (InvalidSignature, ValueError):
            return False
        return True

    def believed(self, certificate: x509.Certificate) -> bool:
        """Check the chain, the time and the owner, as the official demos do for production."""
        try:
            certificate.verify_directly_issued_by(self.certificate("middle"))
            self.certificate("middle").verify_directly_issued_by(self.certificate("root"))
        except (InvalidSignature, ValueError):
            return False
        name = str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
        now = datetime.now(BEIJING)
        in_time = certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc
        return in_time and name.split("@")[2] == "中国银联股份有限公司"

    def consume(self, number: str = "order00001", **more: str) -> dict[str, str]:
        given = {"orderId": number, "txnAmt": "1000", "currencyCode": "156", "channelType": "07", "backUrl": BACK}
        return self.fields("01/01", "000201", **{**given, **more})

    def app(self, number: str = "order00001", **more: str) -> dict[str, str]:
        return self.ask(APP_PATH, self.consume(number, **{"channelType": "08", **more}))

    def front(self, number: str = "order00001", **more: str) -> MockReply:
        fields = self.consume(number, **{"frontUrl": "http://127.0.0.1:9/front", **more})
        return self.send(self.request(FRONT_PATH, self.sign(fields)))

    def query(self, number: str = "order00001", time: str | None = None, **more: str) -> dict[str, str]:
        fields = self.fields("00/00", "000000", orderId=number, txnTime=time or self.time)
        return self.ask(QUERY_PATH, fields | more)

    def follow(self, types: str, query_id: str, number: str, fen: int, **more: str) -> dict[str, str]:
        given = {"orderId": number, "origQryId": query_id, "txnAmt": str(fen), "channelType": "07", "backUrl": BACK}
        return self.ask(BACK_PATH, self.fields(types, "000201", **{**given, **more}))

    def refund(self, query_id: str, number: str = "refund0001", fen: int = 300, **more: str) -> dict[str, str]:
        return self.follow("04/00", query_id, number, fen, **more)

    def cancel(self, query_id: str, number: str = "cancel0001", fen: int = 1000, **more: str) -> dict[str, str]:
        return self.follow("31/00", query_id, number, fen, **more)

    def encrypt(self, text: str, certificate: x509.Certificate | None = None) -> str:
        key = (certificate or self.certificate("encrypt")).public_key()
        assert isinstance(key, RSAPublicKey)
        return base64.b64encode(key.encrypt(text.encode(), padding.PKCS1v15())).decode()

    def person(self, **more: str) -> str:
        given = {"certifTp": "01", "certifId": "510265790128303", "customerNm": "张三"} | more
        inner = "&".join(f"{name}={value}" for name, value in given.items() if value)
        return base64.b64encode(f"{{{inner}}}".encode()).decode()

    def payout_fields(self, number: str = "payout0001", **more: str) -> dict[str, str]:
        given: dict[str, Any] = {
            "orderId": number,
            "txnAmt": "2000",
            "currencyCode": "156",
            "channelType": "07",
            "accType": "01",
            "accNo": self.encrypt("6226090000000048"),
            "customerInfo": self.person(),
            "encryptCertId": str(self.certificate("encrypt").serial_number),
            "backUrl": BACK,
        }
        return self.fields("12/00", "000401", **{**given, **more})

    def payout(self, number: str = "payout0001", **more: str) -> dict[str, str]:
        return self.ask(BACK_PATH, self.payout_fields(number, **more))
