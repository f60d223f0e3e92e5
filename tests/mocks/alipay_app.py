"""An app written by hand for the tests of the Alipay mock: it signs and verifies without the SDK and without the mock's code."""

import base64
import hashlib
import json
import re
import tomllib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from mocks.wire import MockReply, MockRequest

NOTIFY = "http://127.0.0.1:9/notify"
CARD = {
    "identity": "6222020000000000000",
    "identity_type": "BANKCARD_ACCOUNT",
    "name": "测试",
    "bankcard_ext_info": {"account_type": "2", "inst_name": "测试银行"},
}
# Names of an issuer as the number of a certificate has them: RFC 4514 without its escapes.
_SHORT = {"commonName": "CN", "organizationalUnitName": "OU", "organizationName": "O", "countryName": "C"}


def number_of(certificate: x509.Certificate) -> str:
    parts = [f"{_SHORT[one.oid._name]}={one.value!s}" for one in certificate.issuer]
    return hashlib.md5((",".join(reversed(parts)) + str(certificate.serial_number)).encode()).hexdigest()  # noqa: S324


@dataclass
class Answer:
    """What came back: the raw reply, the fields, and whether they were signed by Alipay's key."""

    reply: MockReply
    json: dict[str, Any]
    signed: bool | None  # None: there was no signature

    @property
    def ok(self) -> bool:
        """Whether it is a signed answer that says yes: 10000 of the gateway, 200 of the REST protocol."""
        said = self.json.get("code", "10000") == "10000" and self.reply.status == 200
        return said and self.signed is True

    @property
    def code(self) -> str:
        """The gateway's sub_code, or its code; the REST protocol's code, or the status."""
        return str(self.json.get("sub_code") or self.json.get("code") or self.reply.status)


@dataclass
class App:
    """Signs requests as the pages say, sends them to ``send`` and verifies what comes back."""

    folder: Path
    send: Callable[[MockRequest], MockReply]
    now: Callable[[], float] = lambda: 1780286400.0
    certified: bool = False
    encrypted: bool = False
    rest: bool = False
    placement: str = "split"  # where the parameters go: split as the SDKs have it, query, or form
    facts: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = tomllib.loads((self.folder / "channel.toml").read_text(encoding="utf-8"))
        key = serialization.load_pem_private_key((self.folder / "app_private_key_pkcs1.pem").read_bytes(), password=None)
        alipay = serialization.load_pem_public_key((self.folder / "alipay_public_key.pem").read_bytes())
        assert isinstance(key, RSAPrivateKey)
        assert isinstance(alipay, RSAPublicKey)
        self.key, self.alipay_key = key, alipay
        self.aes = base64.b64decode(self.facts["aes_key"])

    def certificate(self, name: str) -> x509.Certificate:
        blocks = re.findall(rb"-----BEGIN.*?-----END CERTIFICATE-----", (self.folder / name).read_bytes(), re.DOTALL)
        return x509.load_pem_x509_certificate(blocks[-1])

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self.key.sign(message, rsa_padding.PKCS1v15(), hashes.SHA256())).decode()

    def verifies(self, message: bytes, signature: str) -> bool:
        try:
            self.alipay_key.verify(base64.b64decode(signature), message, rsa_padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def seal(self, plain: bytes) -> str:
        padder = padding.PKCS7(128).padder()
        encryptor = Cipher(algorithms.AES(self.aes), modes.CBC(bytes(16))).encryptor()
        return base64.b64encode(encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()).decode()

    def unseal(self, box: str) -> bytes:
        unpadder = padding.PKCS7(128).unpadder()
        decryptor = Cipher(algorithms.AES(self.aes), modes.CBC(bytes(16))).decryptor()
        return unpadder.update(decryptor.update(base64.b64decode(box)) + decryptor.finalize()) + unpadder.finalize()

    def parameters(self, method: str, biz: Any, /, **changes: str) -> dict[str, str]:
        content = biz if isinstance(biz, str) else json.dumps(biz, ensure_ascii=False)
        given = {
            "app_id": self.facts["app_id"],
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": "2026-06-01 12:00:00",
            "version": "1.0",
            "notify_url": NOTIFY,
            "biz_content": self.seal(content.encode()) if self.encrypted else content,
        }
        if self.certified:
            given["app_cert_sn"] = number_of(self.certificate("app_cert.pem"))
            given["alipay_root_cert_sn"] = number_of(self.certificate("alipay_root_cert.pem"))
        if self.encrypted:
            given["encrypt_type"] = "AES"
        given |= changes
        text = "&".join(f"{name}={given[name]}" for name in sorted(given) if name != "sign" and given[name])
        given["sign"] = changes.get("sign", self.sign(text.encode(given["charset"] or "utf-8")))
        return {name: value for name, value in given.items() if value}

    def request(self, method: str, biz: Any, /, **changes: str) -> MockRequest:
        given = self.parameters(method, biz, **changes)
        codec = given.get("charset", "utf-8")
        public = {name: value for name, value in given.items() if name != "biz_content"}
        form = {"biz_content": given.get("biz_content", "")}
        if self.placement == "query":
            public, form = given, {}
        elif self.placement == "form":
            public, form = {}, given
        query = urlencode(public, encoding=codec)
        headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8", "host": "127.0.0.1:8700"}
        return MockRequest("POST", "/gateway.do", query, headers, urlencode(form, encoding=codec).encode())

    def ask(self, method: str, biz: Any = None, **changes: str) -> Answer:
        if self.rest:
            return self.ask_rest(method, biz or {}, **changes)
        return self.read(method, self.send(self.request(method, biz or {}, **changes)), changes.get("charset", "utf-8"))

    def read(self, method: str, reply: MockReply, charset: str = "utf-8") -> Answer:
        text = reply.body.decode(charset)
        whole = json.loads(text)
        key = method.replace(".", "_") + "_response"
        value = whole[key]
        signed = None
        if "sign" in whole:
            start = text.index(f'"{key}":') + len(key) + 3
            end = text.rindex(',"alipay_cert_sn"' if "alipay_cert_sn" in whole else ',"sign"')
            signed = self.verifies(text[start:end].encode(charset), whole["sign"])
        if isinstance(value, str):
            value = json.loads(self.unseal(value))
        return Answer(reply, value, signed)

    def rest_request(self, verb: str, target: str, body: bytes = b"", **changes: str) -> MockRequest:
        fields = {"app_id": self.facts["app_id"], "nonce": str(uuid.UUID(int=7)), "timestamp": str(int(self.now() * 1000))}
        headers = {"content-type": "application/json", "accept": "application/json", "host": "127.0.0.1:8700"}
        if self.certified:
            fields["app_cert_sn"] = number_of(self.certificate("app_cert.pem"))
            headers["alipay-root-cert-sn"] = number_of(self.certificate("alipay_root_cert.pem"))
        fields |= {name: value for name, value in changes.items() if name not in {"sign", "notify_url"}}
        authority = ",".join(f"{name}={value}" for name, value in fields.items() if value)
        message = f"{authority}\n{verb}\n{target}\n".encode() + body + b"\n"
        sign = changes.get("sign", self.sign(message))
        headers["authorization"] = f"ALIPAY-SHA256withRSA {authority}" + (f",sign={sign}" if sign else "")
        if self.encrypted:
            headers |= {"alipay-encrypt-type": "AES", "content-type": "text/plain"}
        path, _, query = target.partition("?")
        return MockRequest(verb, path, query, headers, body)

    def ask_rest(self, method: str, biz: Any, **changes: str) -> Answer:
        path = "/v3/" + method.replace(".", "/")
        if method in {
            "alipay.fund.trans.common.query",
            "alipay.fund.account.query",
            "alipay.data.dataservice.bill.downloadurl.query",
        }:
            query = "&".join(f"{name}={quote(str(value))}" for name, value in biz.items())
            return self.read_rest(self.send(self.rest_request("GET", path + (f"?{query}" if query else ""), b"", **changes)))
        if "pay" in path.rpartition("/")[2] or "create" in path:
            biz = {"notify_url": NOTIFY} | biz
        body = json.dumps(biz, ensure_ascii=False).encode()
        if self.encrypted:
            body = self.seal(body).encode()
        return self.read_rest(self.send(self.rest_request("POST", path, body, **changes)))

    def read_rest(self, reply: MockReply) -> Answer:
        headers = {name.lower(): value for name, value in reply.headers.items()}
        signed = None
        if "alipay-signature" in headers:
            message = f"{headers['alipay-timestamp']}\n{headers['alipay-nonce']}\n".encode() + reply.body + b"\n"
            signed = self.verifies(message, headers["alipay-signature"])
        body = self.unseal(reply.body.decode()) if headers.get("alipay-encrypt-type") == "AES" else reply.body
        return Answer(reply, json.loads(body), signed)

    def order(self, number: str = "order0001", yuan: str = "1.00", **changes: Any) -> dict[str, Any]:
        return {"out_trade_no": number, "total_amount": yuan, "subject": "测试商品"} | changes

    def precreate(self, number: str = "order0001", yuan: str = "1.00", **changes: Any) -> Answer:
        return self.ask("alipay.trade.precreate", self.order(number, yuan, **changes))

    def pay(self, number: str = "order0001", yuan: str = "1.00", **changes: Any) -> Answer:
        given = {"auth_code": "28763443825664394", "scene": "bar_code"} | changes
        return self.ask("alipay.trade.pay", self.order(number, yuan, **given))

    def query(self, number: str = "order0001", **changes: Any) -> Answer:
        return self.ask("alipay.trade.query", {"out_trade_no": number} | changes)

    def close(self, number: str = "order0001") -> Answer:
        return self.ask("alipay.trade.close", {"out_trade_no": number})

    def cancel(self, number: str = "order0001") -> Answer:
        return self.ask("alipay.trade.cancel", {"out_trade_no": number})

    def refund(self, number: str = "refund1", yuan: str = "0.30", order: str = "order0001", **changes: Any) -> Answer:
        given = {"out_trade_no": order, "out_request_no": number, "refund_amount": yuan} | changes
        return self.ask("alipay.trade.refund", {name: value for name, value in given.items() if value})

    def query_refund(self, number: str = "refund1", order: str = "order0001", **changes: Any) -> Answer:
        return self.ask("alipay.trade.fastpay.refund.query", {"out_trade_no": order, "out_request_no": number} | changes)

    def transfer(self, number: str = "out1", yuan: str = "1.00", **changes: Any) -> Answer:
        given = {
            "out_biz_no": number,
            "trans_amount": yuan,
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "order_title": "测试转账",
            "payee_info": {"identity": "2088123456781234", "identity_type": "ALIPAY_USER_ID"},
        } | changes
        return self.ask("alipay.fund.trans.uni.transfer", given)

    def to_card(self, number: str = "out1", yuan: str = "1.00", **changes: Any) -> Answer:
        return self.transfer(number, yuan, **({"product_code": "TRANS_BANKCARD_NO_PWD", "payee_info": CARD} | changes))

    def query_transfer(self, number: str = "out1", product: str = "TRANS_ACCOUNT_NO_PWD", **changes: Any) -> Answer:
        given = {"out_biz_no": number, "product_code": product, "biz_scene": "DIRECT_TRANSFER"} | changes
        return self.ask("alipay.fund.trans.common.query", given)
