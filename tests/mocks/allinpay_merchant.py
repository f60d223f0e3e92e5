"""Allinpay's merchant, written by hand for the tests of the mock: it signs and verifies without the SDK's and the mock's code."""

import base64
import hashlib
import itertools
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs12

from mocks.wire import MockReply, MockRequest

NOTIFY = "http://127.0.0.1:9/notify"
TLT_PATH = "/aipg/ProcessServlet"
BEIJING = timezone(timedelta(hours=8))
WECHAT_CODE, ALIPAY_CODE, UNIONPAY_CODE = "134567890123456789", "281234567890123456", "6212345678901234567"
_SHA1 = hashes.SHA1()  # noqa: S303  the protocol's choice


def joined(fields: Mapping[str, str]) -> str:
    return "&".join(f"{name}={fields[name]}" for name in sorted(fields) if fields[name] != "" and name != "sign")


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass
class Tlt:
    """A TLT answer taken apart."""

    reply: MockReply
    root: ET.Element

    def text(self, path: str) -> str | None:
        return self.root.findtext(path)

    @property
    def info(self) -> str | None:
        return self.text("INFO/RET_CODE")

    @property
    def details(self) -> list[dict[str, str]]:
        return [{one.tag: one.text or "" for one in detail} for detail in self.root.iter("QTDETAIL")]

    @property
    def codes(self) -> tuple[str | None, str | None]:
        """INFO's code and that of the one detail."""
        return self.info, self.text("TRANSRET/RET_CODE") or self.text("QTRANSRSP/QTDETAIL/RET_CODE")


@dataclass
class Merchant:
    """Signs requests as the pages say, sends them to ``send`` and verifies what comes back."""

    folder: Path
    send: Callable[[MockRequest], MockReply]
    now: Callable[[], datetime]
    method: str = "RSA"
    version: str = "12"
    facts: dict[str, str] = field(default_factory=dict)
    trusted: bool = True

    def __post_init__(self) -> None:
        self.facts = tomllib.loads((self.folder / "channel.toml").read_text(encoding="utf-8"))
        key, _, _ = pkcs12.load_key_and_certificates(
            (self.folder / "tlt_merchant.p12").read_bytes(), self.facts["p12_password"].encode()
        )
        own = serialization.load_pem_private_key((self.folder / "vsp_merchant_key.pem").read_bytes(), password=None)
        public = serialization.load_pem_public_key((self.folder / "vsp_platform_public_key.pem").read_bytes())
        platform = x509.load_pem_x509_certificate((self.folder / "tlt_platform_cert.pem").read_bytes()).public_key()
        assert isinstance(key, RSAPrivateKey)
        assert isinstance(own, RSAPrivateKey)
        assert isinstance(public, RSAPublicKey)
        assert isinstance(platform, RSAPublicKey)
        self.tlt_key, self.vsp_key, self.vsp_public, self.tlt_public = key, own, public, platform
        self._numbers = itertools.count(1)

    @property
    def time(self) -> str:
        return f"{self.now().astimezone(BEIJING):%Y%m%d%H%M%S}"

    # --- VSP

    def sign(self, fields: Mapping[str, str]) -> dict[str, str]:
        filled = {name: value for name, value in fields.items() if value != ""}
        return filled | {"sign": self.signature(filled)}

    def signature(self, fields: Mapping[str, str]) -> str:
        if self.method == "MD5":
            return md5(joined({**fields, "key": self.facts["md5_key"]}))
        text = joined(fields).encode()
        if self.method == "RSA":
            return base64.b64encode(self.vsp_key.sign(text, padding.PKCS1v15(), _SHA1)).decode()
        return self.sm2(text, self.facts["appid"])

    def sm2(self, text: bytes, user_id: str) -> str:
        import gmssl_pyx

        private = bytes.fromhex((self.folder / "vsp_merchant_sm2_private.hex").read_text())
        public = bytes.fromhex((self.folder / "vsp_merchant_sm2_public.hex").read_text())[1:]
        r, s = decode_dss_signature(gmssl_pyx.sm2_sign(private, public, text, signer_id=user_id.encode()))
        return base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()

    def verified(self, fields: Mapping[str, str]) -> bool:
        signature = fields.get("sign", "")
        if self.method == "MD5":
            return md5(joined({**fields, "key": self.facts["md5_key"]})) == signature.lower()
        text = joined(fields).encode()
        if self.method == "SM2":
            import gmssl_pyx

            raw = base64.b64decode(signature)
            public = bytes.fromhex((self.folder / "vsp_platform_sm2_public.hex").read_text())[1:]
            der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
            return bool(gmssl_pyx.sm2_verify(public, text, der, signer_id=b"Allinpay"))
        try:
            self.vsp_public.verify(base64.b64decode(signature), text, padding.PKCS1v15(), _SHA1)
        except (InvalidSignature, ValueError):
            return False
        return True

    def common(self, **more: str) -> dict[str, str]:
        head = {"cusid": self.facts["cusid"], "appid": self.facts["appid"], "version": self.version}
        return head | {"randomstr": "82712208", "signtype": self.method} | more

    def form(self, path: str, fields: Mapping[str, str]) -> MockRequest:
        kind = "application/x-www-form-urlencoded; charset=UTF-8"
        headers = {"content-type": kind, "host": "127.0.0.1:8700"}
        return MockRequest("POST", path, "", headers, urlencode(fields).encode())

    def ask(self, operation: str, fields: Mapping[str, str], *, signed: bool = True) -> dict[str, Any]:
        path = f"/apiweb/{'trxfile/get' if operation == 'trxfile' else f'unitorder/{operation}'}"
        reply = self.send(self.form(path, self.sign(fields) if signed else fields))
        assert reply.status == 200
        answer: dict[str, Any] = json.loads(reply.body)
        assert all(isinstance(value, str) and value for value in answer.values())
        if answer["retcode"] == "SUCCESS":
            assert self.verified(answer) is self.trusted
        else:
            assert set(answer) == {"retcode", "retmsg"}
        return answer

    def order(self, number: str = "order0001", fen: int = 1000, **more: Any) -> dict[str, str]:
        given = {"reqsn": number, "trxamt": str(fen), "paytype": "W01", "body": "测试商品", "notify_url": NOTIFY}
        return self.common(**{**given, **more})

    def pay(self, number: str = "order0001", fen: int = 1000, **more: Any) -> dict[str, Any]:
        return self.ask("pay", self.order(number, fen, **more))

    def scan(self, number: str = "scan00001", fen: int = 1000, **more: str) -> dict[str, Any]:
        return self.ask("scanqrpay", self.common(**{"reqsn": number, "trxamt": str(fen), "authcode": WECHAT_CODE, **more}))

    def query(self, number: str = "order0001", **more: str) -> dict[str, Any]:
        return self.ask("query", self.common(**{"reqsn": number, **more}))

    def refund(self, number: str = "refund001", fen: int = 300, old: str = "order0001", **more: str) -> dict[str, Any]:
        return self.ask("refund", self.common(**{"reqsn": number, "trxamt": str(fen), "oldreqsn": old, **more}))

    def cancel(self, number: str = "cancel001", fen: int = 1000, old: str = "order0001", **more: str) -> dict[str, Any]:
        return self.ask("cancel", self.common(**{"reqsn": number, "trxamt": str(fen), "oldreqsn": old, **more}))

    def told(self, body: bytes) -> dict[str, str]:
        """Take a notification apart; its signature is looked at by whoever asks."""
        return dict(parse_qsl(body.decode(), strict_parsing=True))

    # --- TLT

    def xml(self, trx_code: str, req_sn: str, rest: str, **info: str) -> bytes:
        head = {
            "TRX_CODE": trx_code,
            "VERSION": "04",
            "DATA_TYPE": "2",
            "LEVEL": "5",
            "MERCHANT_ID": self.facts["merchant_id"],
            "USER_NAME": self.facts["user_name"],
            "USER_PASS": self.facts["user_pass"],
            "REQ_SN": req_sn,
        } | info
        inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in head.items() if value)
        return f'<?xml version="1.0" encoding="GBK"?><AIPG><INFO>{inner}</INFO>{rest}</AIPG>'.encode("gbk")

    def sealed(self, text: bytes, signature: str | None = None) -> bytes:
        made = signature or self.tlt_key.sign(text, padding.PKCS1v15(), _SHA1).hex()
        return text.replace(b"</INFO>", f"<SIGNED_MSG>{made}</SIGNED_MSG></INFO>".encode(), 1)

    def post(self, content: bytes) -> MockRequest:
        return MockRequest("POST", TLT_PATH, "", {"content-type": "text/xml;charset=GBK"}, content)

    def tlt(self, content: bytes) -> Tlt:
        reply = self.send(self.post(content))
        assert reply.status == 200
        assert self.tlt_verified(reply.body) is self.trusted
        return Tlt(reply, ET.fromstring(reply.body.decode("gbk").partition("?>")[2]))  # noqa: S314  the mock's own

    def tlt_verified(self, body: bytes) -> bool:
        found = re.findall(rb"<SIGNED_MSG>([0-9a-f]+)</SIGNED_MSG>", body)
        text = re.sub(rb"<SIGNED_MSG>.*</SIGNED_MSG>", b"", body)
        if len(found) != 1:
            return False
        try:
            self.tlt_public.verify(bytes.fromhex(found[0].decode()), text, padding.PKCS1v15(), _SHA1)
        except (InvalidSignature, ValueError):
            return False
        return True

    def payee(self, **more: str) -> dict[str, str]:
        given = {
            "BANK_CODE": "0102",
            "ACCOUNT_TYPE": "00",
            "ACCOUNT_NO": "6200000000000000001",
            "ACCOUNT_NAME": "张三",
            "ACCOUNT_PROP": "0",
            "AMOUNT": "2000",
            "CURRENCY": "CNY",
        }
        return given | more

    def head(self) -> dict[str, str]:
        return {"BUSINESS_CODE": "09900", "MERCHANT_ID": self.facts["merchant_id"], "SUBMIT_TIME": self.time}

    def written(self, name: str, values: Mapping[str, str]) -> str:
        inner = "".join(f"<{one}>{escape(value)}</{one}>" for one, value in values.items() if value)
        return f"<{name}>{inner}</{name}>"

    def payout_text(self, number: str = "payout0001", **more: str) -> bytes:
        return self.xml("100014", number, self.written("TRANS", self.head() | self.payee(**more)))

    def payout(self, number: str = "payout0001", **more: str) -> Tlt:
        return self.tlt(self.sealed(self.payout_text(number, **more)))

    def batch(self, number: str, *lines: Mapping[str, str], total: Mapping[str, str] | None = None) -> Tlt:
        details = [self.payee(SN=f"{place:04d}") | dict(line) for place, line in enumerate(lines, 1)]
        amount = sum(int(one["AMOUNT"]) for one in details)
        sums = self.head() | {"TOTAL_ITEM": str(len(details)), "TOTAL_SUM": str(amount)} | dict(total or {})
        inner = "".join(self.written("TRANS_DETAIL", one) for one in details)
        body = f"<BODY>{self.written('TRANS_SUM', sums)}<TRANS_DETAILS>{inner}</TRANS_DETAILS></BODY>"
        return self.tlt(self.sealed(self.xml("100002", number, body)))

    def query_text(self, number: str, req_sn: str | None = None, **more: str) -> bytes:
        asked = {"QUERY_SN": number, "MERCHANT_ID": self.facts["merchant_id"], "STATUS": "2", "TYPE": "1"} | more
        return self.xml("200004", req_sn or f"query{next(self._numbers):05d}", self.written("QTRANSREQ", asked))

    def query_payout(self, number: str = "payout0001", **more: str) -> Tlt:
        return self.tlt(self.sealed(self.query_text(number, **more)))
