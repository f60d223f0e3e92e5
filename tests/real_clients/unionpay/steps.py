"""What an independent client does against the UnionPay mock, run by that client's Python: one line a step; it fails at once.

The client is a port of UnionPay's official SDK, unchanged; only its configuration names the mock and the mock's keys. It signs,
verifies (chain, owner and signature), encrypts, decodes and parses by its own code; the asserts are on what it makes of it.
"""

import html
import importlib
import json
import re
import sys
import threading
import urllib.request
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urljoin

BASE, KEYS, FILES = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
SDK: Any = importlib.import_module("unionpay.AcpService").AcpService
CONFIG: Any = importlib.import_module("unionpay.SDKConfig").SDKConfig()
PARSE: Any = importlib.import_module("app.fileDownload").parseZMFile
FACTS = dict(re.findall(r'^(\w+) = "(.*)"$', (KEYS / "channel.toml").read_text(encoding="utf-8"), re.MULTILINE))
BEIJING = timezone(timedelta(hours=8))


class Receiver(BaseHTTPRequestHandler):
    """The merchant's server for notifications."""

    got: ClassVar[list[dict[str, str]]] = []
    arrived = threading.Event()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
        Receiver.got.append(dict(parse_qsl(body)))
        self.send_response(200)
        self.end_headers()
        Receiver.arrived.set()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        pass


def control(path: str, content: dict[str, Any] | None = None, method: str = "POST") -> Any:
    body = json.dumps(content or {}).encode() if method == "POST" else None
    request = urllib.request.Request(f"{BASE}/_mock/{path}", body, method=method)  # noqa: S310  our own address
    with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310  the same
        return json.loads(reply.read())


def browse(url: str, fields: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Post a form as a browser does, and return the form of the page that comes back."""
    with urllib.request.urlopen(url, urlencode(fields).encode(), timeout=10) as reply:  # noqa: S310  our own address
        return form_of(reply.read().decode(), url)


def form_of(page: str, url: str) -> tuple[str, dict[str, str]]:
    action = re.search(r'<form[^>]*action="([^"]+)"', page)
    assert action is not None, page
    found = re.findall(r'<input type="hidden" name="([^"]+)"(?: id="[^"]*")? value="([^"]*)"', page)
    return urljoin(url, html.unescape(action[1])), {name: html.unescape(value) for name, value in found}


def fields(types: str, business: str, number: str, **more: str) -> dict[str, str]:
    common = {
        "version": CONFIG.version,
        "encoding": CONFIG.encoding,
        "signMethod": CONFIG.signMethod,
        "txnType": types[:2],
        "txnSubType": types[3:],
        "bizType": business,
        "accessType": "0",
        "channelType": "07",
        "merId": FACTS["mer_id"],
        "orderId": number,
        "txnTime": f"{datetime.now(BEIJING):%Y%m%d%H%M%S}",
    }
    return {**common, **more}


def asked(url: str, request: dict[str, str]) -> dict[str, str]:
    """Send by the client's own code, and have it verify the answer."""
    answer: dict[str, str] = SDK.post(SDK.sign(request), url)
    assert SDK.validate(dict(answer)), answer
    return answer


def queried(request: dict[str, str]) -> dict[str, str]:
    return asked(CONFIG.singleQueryUrl, fields("00/00", "000000", request["orderId"], txnTime=request["txnTime"]))


def step(text: str) -> None:
    sys.stdout.write(f"  ok  {text}\n")
    sys.stdout.flush()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    back = f"http://127.0.0.1:{server.server_port}/back?shop=7"
    money = {"txnAmt": "1000", "currencyCode": "156", "backUrl": back}

    order = fields("01/01", "000201", "order0000001", frontUrl="http://127.0.0.1:9/front", **money)
    url, form = form_of(SDK.createAutoFormHtml(SDK.sign(order), CONFIG.frontTransUrl), BASE)
    url, form = browse(url, form)
    url, form = browse(url, form | {"outcome": "pay"})
    assert url == "http://127.0.0.1:9/front"
    assert SDK.validate(dict(form))
    assert form["respCode"] == "00"
    step("ordered by its form, paid on the page, and its browser's result verifies")

    assert Receiver.arrived.wait(10)
    told = Receiver.got[0]
    assert SDK.validate(dict(told))
    assert (told["respCode"], told["orderId"], told["txnAmt"]) == ("00", "order0000001", "1000")
    step("the notification verifies")

    answer = queried(order)
    assert (answer["respCode"], answer["origRespCode"], answer["queryId"]) == ("00", "00", told["queryId"])
    step("the query finds the payment")

    refund = fields("04/00", "000201", "refund000001", origQryId=answer["queryId"], txnAmt="300", backUrl=back)
    assert asked(CONFIG.backTransUrl, refund)["respCode"] == "00"
    assert queried(refund)["origRespCode"] == "00"
    step("a refund is accepted, and ends")

    errors = [
        (CONFIG.singleQueryUrl, fields("00/00", "000000", "nothing00001"), "34"),
        (
            CONFIG.backTransUrl,
            fields("04/00", "000201", "refund000002", **{**refund, "orderId": "refund000002", "txnAmt": "701"}),
            "36",
        ),
        (CONFIG.backTransUrl, refund, "12"),
        (CONFIG.appTransUrl, fields("01/01", "000201", "order-with-dashes", **money), "10"),
    ]
    for place, request, code in errors:
        assert asked(place, request)["respCode"] == code
    step("errors come with their codes, signed: 34, 36, 12, 10")

    forged = SDK.sign(fields("01/01", "000201", "forged000001", **money)) | {"txnAmt": "1"}
    assert SDK.post(forged, CONFIG.appTransUrl)["respCode"] == "11"
    books = control("books?channel=unionpay", method="GET")
    assert [one["orderId"] for one in books["orders"]] == ["order0000001"]
    assert books["sums"] == {"received": 1000, "refunded": 300, "paid_out": 0}
    step("a forged request is refused, and the books know nothing of it")

    person = {"phoneNo": "18100000000", "cvn2": "248", "expired": "1912", "certifTp": "01", "certifId": "510265790128303"}
    payout = fields("12/00", "000401", "payout000001", accType="01", accNo=SDK.encryptData("6226090000000048"), **money)
    payout |= {
        "customerInfo": SDK.getCustomerInfoWithEncrypt({**person, "customerNm": "张三"}),
        "encryptCertId": SDK.getEncryptCertId(),
    }
    assert asked(CONFIG.backTransUrl, payout)["respCode"] == "00"
    assert queried(payout)["origRespCode"] == "00"
    payee = control("books?channel=unionpay", method="GET")["payouts"][0]["payee"]
    assert payee == {**person, "customerNm": "张三", "accNo": "6226090000000048"}
    step("a payout with encrypted card and person arrives as it was meant")

    certificate = fields("95/00", "000000", "certs0000001", certType="01")
    assert SDK.updateEncryptCert(asked(CONFIG.backTransUrl, certificate)) == 0
    control("unionpay/certificates/encrypt/rotate")
    assert SDK.updateEncryptCert(asked(CONFIG.backTransUrl, certificate)) == 1
    step("the encryption certificate is updated when it was rotated")

    for method, signed in (("11", "5.1.0"), ("12", "5.1.0"), ("01", "5.0.0")):
        request = fields("00/00", "000000", order["orderId"], txnTime=order["txnTime"], signMethod=method, version=signed)
        sent = SDK.sign(request) if method == "01" else SDK.signBySecureKey(request, FACTS["secure_key"])
        answer = SDK.post(sent, CONFIG.singleQueryUrl)
        assert answer["origRespCode"] == "00", answer
        if method != "12":  # the client's SM3 counts characters for bytes: it cannot verify an answer with Chinese in it
            assert SDK.validate(dict(answer)), answer
    step("signMethod 11 and 12, and version 5.0.0")

    control("faults", {"kind": "bad_signature", "channel": "unionpay"})
    request = fields("00/00", "000000", order["orderId"], txnTime=order["txnTime"])
    assert not SDK.validate(SDK.post(SDK.sign(request), CONFIG.singleQueryUrl))
    for verb in ("foreign", "wrong_owner", "ended"):
        control(f"unionpay/certificates/signer/{verb}")
        assert not SDK.validate(SDK.post(SDK.sign(request), CONFIG.singleQueryUrl)), verb
    control("unionpay/certificates/signer/restore")
    step("it believes no wrong signature, and no certificate of another chain, another owner, or that has ended")

    day = queried(order)["settleDate"]
    request = {name: value for name, value in fields("76/01", "000000", "x").items() if name not in {"orderId", "channelType"}}
    request |= {"settleDate": day, "fileType": "00"}
    assert asked(CONFIG.fileTransUrl, request)["respCode"] == "98"
    control("clock/advance", {"seconds": 36 * 3600})
    answer = asked(CONFIG.fileTransUrl, request)
    assert SDK.deCodeFileContent(answer, f"{FILES}/")
    step(f"the settlement file {answer['fileName']} is decoded")
    zipped = importlib.import_module("zipfile").ZipFile(FILES / answer["fileName"])
    rows = PARSE(zipped.read(zipped.namelist()[0]).decode("gbk"))
    found = {(row[12].strip(), row[20], row[7], row[17]) for row in rows}
    assert found == {
        ("order0000001", "01", "000000001000", "C000000000994"),
        ("refund000001", "04", "000000000300", "D000000000300"),
        ("payout000001", "12", "000000001000", "D000000001000"),
    }, found
    step("its own parser reads the payment, the refund and the payout")
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
