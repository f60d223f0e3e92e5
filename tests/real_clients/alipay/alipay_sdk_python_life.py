"""The life cycle by alipay-sdk-python, the official client for Python: the gateway, in key mode, by its own API.

It has no place for a port in its address, so the function that opens its connections is replaced by one that has; what it sends
stays its own, with the whole address in the request line.
"""

import http.client
import importlib
import io
import json
import queue
import re
import threading
import urllib.request
import zipfile
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.real_clients.steps import FACTS, URL, control, step, text

# The client is installed elsewhere, never beside the project, and has no types.
web: Any = importlib.import_module("alipay.aop.api.util.WebUtils")
rsa: Any = importlib.import_module("rsa")  # the client's own library
signatures: Any = importlib.import_module("alipay.aop.api.util.SignatureUtils")
AlipayClientConfig: Any = importlib.import_module("alipay.aop.api.AlipayClientConfig").AlipayClientConfig
DefaultAlipayClient: Any = importlib.import_module("alipay.aop.api.DefaultAlipayClient").DefaultAlipayClient

GATEWAY = f"{URL}/gateway.do"
ORDER, CODE = "py_order", "py_code"
PAYER = {"auth_code": "28763443825664394", "scene": "bar_code"}


def connection(url: str, query: str, timeout: float) -> tuple[str, http.client.HTTPConnection]:
    """Open a connection to the address's own port; the address stays whole, as the client sends it."""
    parts = urlsplit(url)
    return f"{url}?{query}", http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)


web.get_http_connection = connection


def bare(pem: str) -> str:
    """Return a key as this client takes it: base64 without its armour."""
    return "".join(line for line in pem.splitlines() if "-----" not in line)


def client(**changes: Any) -> Any:
    """Return a client with the app's keys."""
    config = AlipayClientConfig()
    config.server_url = GATEWAY
    config.app_id = FACTS["app_id"]
    config.app_private_key = bare(text("app_private_key_pkcs1.pem"))
    config.alipay_public_key = bare(text("alipay_public_key.pem"))
    for name, value in changes.items():
        setattr(config, name, value)
    return DefaultAlipayClient(config)


def request(name: str, biz: dict[str, Any], notify: str | None = None) -> Any:
    """Return its request of a method, made of its own model."""
    title = "Alipay" + "".join(part.title() for part in name.split("."))
    made = getattr(importlib.import_module(f"alipay.aop.api.request.{title}Request"), f"{title}Request")()
    made.biz_content = biz
    if notify is not None:
        made.notify_url = notify
    return made


def ask(name: str, biz: dict[str, Any], notify: str | None = None, **changes: Any) -> dict[str, Any]:
    """Ask for one operation; ``code`` is what came of it."""
    answer: dict[str, Any] = json.loads(client(**changes).execute(request(name, biz, notify)))
    return answer | {"code": "ok" if answer["code"] == "10000" else answer.get("sub_code", answer["code"])}


class Listener:
    """The merchant's notify_url on this machine: takes everything, says success, and keeps it in order."""

    def __init__(self) -> None:
        letters: queue.Queue[dict[str, str]] = queue.Queue()

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                letters.put(dict(parse_qsl(body)))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"success")

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{server.server_port}/notify"
        self._letters = letters
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def letter(self) -> dict[str, str]:
        """Return the next notification, once it is there."""
        return self._letters.get(timeout=10)


def genuine(letter: dict[str, str]) -> bool:
    """Say whether a notification is Alipay's, by the client's own functions."""
    signed = {name: value for name, value in letter.items() if name not in {"sign", "sign_type"}}
    content = signatures.get_sign_content(signed).encode()
    try:
        return bool(signatures.verify_with_rsa(bare(text("alipay_public_key.pem")), content, letter["sign"]))
    except rsa.VerificationError:  # its library raises where others say no
        return False


def order(number: str, **more: Any) -> dict[str, Any]:
    """Return an order of one yuan."""
    return {"out_trade_no": number, "total_amount": "1.00", "subject": "一壶茶"} | more


def state(number: str) -> str:
    """Return what a query says."""
    answer = ask("trade.query", {"out_trade_no": number})
    return f"{answer['code']} {answer.get('trade_status', '')}".strip()


def told(letter: dict[str, str], *names: str) -> str:
    """Return a notification as its step shows it."""
    return " ".join([str(genuine(letter)), *(letter[name] for name in names)])


def disbelieved(kind: str) -> Callable[[], str]:
    """Return a step in which an answer must not be believed."""

    def act() -> str:
        control("faults", {"kind": kind})
        try:
            ask("trade.query", {"out_trade_no": ORDER})
        except Exception as error:  # noqa: BLE001  it raises exceptions of its own base
            return f"disbelieved by {type(error).__name__}"
        return "believed"

    return act


def another_key() -> str:
    """Return a key that is not this app's, as the client takes it."""
    _, private = rsa.newkeys(2048)
    return bare(private.save_pkcs1().decode())


def main() -> None:
    """Go through all steps."""
    listening = Listener()
    step("order", "ok True", lambda: _made(ask("trade.precreate", order(ORDER), listening.url)))
    step("query unscanned", "ACQ.TRADE_NOT_EXIST", lambda: state(ORDER))
    control(f"alipay/orders/{ORDER}/pay", {})
    step("payment notified", "True TRADE_SUCCESS 1.00", lambda: told(listening.letter(), "trade_status", "total_amount"))
    step("query paid", "ok TRADE_SUCCESS", lambda: state(ORDER))
    step("success ends it", "True", lambda: str(_taken()))
    control("alipay/notifications/1/forge", {})
    step("forged notification", "False 0.01", lambda: told(listening.letter(), "total_amount"))
    step("payment code", "ok 1.00", lambda: _fields(ask("trade.pay", order(CODE, **PAYER)), "code", "receipt_amount"))
    step("payer waits", "10003 ok WAIT_BUYER_PAY ok TRADE_SUCCESS", _waits)
    step("close", "ok ok TRADE_CLOSED", _close)
    step("cancel", "ok refund", lambda: _fields(ask("trade.cancel", {"out_trade_no": CODE}), "code", "action"))
    part = {"out_trade_no": ORDER, "out_request_no": "py_r1", "refund_amount": "0.30"}
    step("refund", "ok Y 0.30", lambda: _fields(ask("trade.refund", part), "code", "fund_change", "refund_fee"))
    step("refund again", "ok N 0.30", lambda: _fields(ask("trade.refund", part), "code", "fund_change", "refund_fee"))
    asked = {"out_trade_no": ORDER, "out_request_no": "py_r1"}
    step("refund query", "ok REFUND_SUCCESS", lambda: _fields(ask("trade.fastpay.refund.query", asked), "code", "refund_status"))
    step("refund notified", "True TRADE_SUCCESS 0.30", lambda: told(listening.letter(), "trade_status", "refund_fee"))
    own = {"account_type": "ACCTRANS_ACCOUNT", "alipay_user_id": FACTS["seller_id"]}
    step("balance", "ok 10000000.70", lambda: _fields(ask("fund.account.query", own), "code", "available_amount"))
    step("page", "200 TRADE_SUCCESS", _page)
    step("app", "TRADE_SUCCESS", _app)
    step("refused", "ACQ.CONTEXT_INCONSISTENT", lambda: ask("trade.precreate", order(ORDER, total_amount="2.00"))["code"])
    step("unknown", "isp.unknow-error ok TRADE_SUCCESS", _unknown)
    step("forged request", "isv.invalid-signature ACQ.TRADE_NOT_EXIST", _forged)
    step("forged reply", "disbelieved by ResponseException", disbelieved("bad_signature"))
    step("unsigned reply", "disbelieved by ResponseException", disbelieved("unsigned"))
    step("bill", "ok 2 True #退款合计：3笔", _bill)


def _fields(answer: dict[str, Any], *names: str) -> str:
    return " ".join(str(answer.get(name)) for name in names)


def _made(answer: dict[str, Any]) -> str:
    return f"{answer['code']} {answer['qr_code'].startswith('https://qr.alipay.com/')}"


def _taken() -> bool:
    for _ in range(50):
        if all(one["taken"] for one in control("notifications")["alipay"]):
            return True
        threading.Event().wait(0.1)
    return False


def _waits() -> str:
    asked = ask("trade.pay", order("py_wait", total_amount="1000.01", **PAYER))["code"]
    waiting = state("py_wait")
    control("alipay/orders/py_wait/pay", {})
    paid = state("py_wait")
    ask("trade.cancel", {"out_trade_no": "py_wait"})
    return f"{asked} {waiting} {paid}"


def _close() -> str:
    ask("trade.create", order("py_close", buyer_id="2088000000000001"))
    return f"{ask('trade.close', {'out_trade_no': 'py_close'})['code']} {state('py_close')}"


def _page() -> str:
    biz = order("py_page", product_code="FAST_INSTANT_TRADE_PAY")
    url = client().page_execute(request("trade.page.pay", biz), http_method="GET")
    with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310  the mock's own address
        status = page.status
    return f"{status} {control('alipay/orders/py_page/pay', {})['trade_status']}"


def _app() -> str:
    biz = order("py_app", product_code="QUICK_MSECURITY_PAY")
    string = client().sdk_execute(request("trade.app.pay", biz))
    return str(control("alipay/orders/py_app/pay", {"order_string": string})["trade_status"])


def _unknown() -> str:
    asked = ask("trade.pay", order("py_lost", subject="MOCK:20000", **PAYER))
    return f"{asked['code']} {state('py_lost')}"


def _forged() -> str:
    refused = ask("trade.precreate", order("py_forged"), app_private_key=another_key())
    return f"{refused['code']} {state('py_forged')}"


def _bill() -> str:
    paid = ask("trade.query", {"out_trade_no": ORDER})["send_pay_date"][:10]
    control("clock/advance", {"seconds": 34 * 3600})
    answer = ask("data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": paid})
    with urllib.request.urlopen(answer["bill_download_url"], timeout=10) as reply:  # noqa: S310  the same
        archive = zipfile.ZipFile(io.BytesIO(reply.read()))
    detail = archive.read(archive.namelist()[0]).decode("gbk")
    footer = re.search(r"#退款合计：\d+笔", detail)
    there = f"{ORDER}\t" in detail
    return f"{answer['code']} {len(archive.namelist())} {there} {footer[0] if footer else ''}"


main()
