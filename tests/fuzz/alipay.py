"""Targets of Alipay: answers to every verb, signed and not; the cut; what is posted; certificates; bills; the mock's front."""

import base64
import json
import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from mocks.doors import open_world
from mocks.wire import MockRequest
from mocks.world import World
from payment_channels import ChannelClient, HttpReply, Inbound, Money, Outcome, PaymentQuery
from payment_channels.channels.alipay import Alipay, AlipayConfig
from payment_channels.channels.alipay.bill_file import FUND_FLOW, TRADE, BillBrokenError, parse
from payment_channels.channels.alipay.certificates import Roots, decoded
from payment_channels.channels.alipay.envelope import EnvelopeRefusedError, cut
from payment_channels.codec import aes, forms
from payment_channels.codec.rsa import KeyUnusableError
from tests.channels.alipay.gateway import APP_ID, NUMBER, SELLER_ID, Gateway, Issued, issue, new_key, order, private_pem
from tests.channels.alipay.test_properties import AMOUNTS, VERBS, check
from tests.conftest import NOW, VECTORS, Script
from tests.fuzz.target import Target, refusing

NAMES = sorted(VERBS)
STATUSES = (200, 200, 200, 302, 400, 404, 500, 502, 199)
AES_KEY = bytes(16)


@cache
def authorities() -> tuple[Issued, Issued]:
    """A root, and Alipay's certificate."""
    root = issue("Root R1", authority=True, begins=NOW - timedelta(days=1), days=3650)
    return root, issue("支付宝(中国)网络技术有限公司-2088102146225135", root)


@cache
def gateway() -> Gateway:
    """The gateway in certificate mode."""
    return Gateway(authorities()[1].key, authorities()[1].sn)


@cache
def client() -> ChannelClient:
    """A client whose transport is a script."""
    root, alipay = authorities()
    app = new_key()
    config = AlipayConfig(
        app_id=APP_ID,
        seller_id=SELLER_ID,
        app_private_key=private_pem(app),
        app_cert=issue(f"{SELLER_ID}-{APP_ID}", root).pem,
        alipay_cert=alipay.pem,
        alipay_root_cert=root.pem,
    )
    return ChannelClient(Alipay(config, clock=lambda: NOW))


@cache
def world() -> World:
    """A mock with keys in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return open_world(Path(folder))


def _answer(data: bytes) -> None:
    """The first bytes choose verb, status and signature; the rest is the response. Any result, and never an exception."""
    if len(data) < 3:
        return
    verb, status, how, content = NAMES[data[0] % len(NAMES)], STATUSES[data[1] % len(STATUSES)], data[2] % 3, data[3:]
    method, ask = VERBS[verb]
    body = content if how == 0 else gateway().body(method, content, signed=how == 1)
    client()._transport = Script([HttpReply(status, {}, body)])  # type: ignore[assignment]
    result = ask(client())
    check(result)
    if how != 1 and result.outcome is not Outcome.UNKNOWN:
        raise AssertionError(f"{verb} is {result.outcome} without a signature")
    amounts: Any = getattr(result, "amounts", None)
    wanted = Money(AMOUNTS.get(verb, 8888))
    if result.outcome is Outcome.SUCCEEDED and amounts is not None and amounts.order != wanted:
        raise AssertionError(f"{verb} succeeded with {amounts.order}")


def _posted(data: bytes) -> None:
    """As it comes, and as the content of a field of a form that is well signed."""
    client()._transport = Script()  # type: ignore[assignment]
    client().read_notification(Inbound(body=data))
    text = data.decode("utf-8", "replace")
    ours = {"app_id": APP_ID, "notify_id": "N", "notify_type": "trade_status_sync", "out_trade_no": NUMBER}
    name = ("trade_status", "total_amount", "refund_fee", "gmt_payment", "biz_content")[len(data) % 5]
    more = {"msg_method": "alipay.fund.trans.order.changed"} if name == "biz_content" else {"trade_status": "TRADE_SUCCESS"}
    notice = client().read_notification(Inbound(body=gateway().notifies({**ours, **more, name: text})))
    for happened in notice.events:
        result = happened.against(PaymentQuery.of(order()))
        check(result)
        if result.outcome is Outcome.SUCCEEDED and result.amounts.order != order().amount:
            raise AssertionError(f"a notification settled with {result.amounts.order}")


def _cut(data: bytes) -> None:
    """What is cut out of an answer stands in it, and is what a reader of JSON finds under the name."""
    envelope = cut(data, "alipay.trade.query")
    if envelope.content not in data:
        raise AssertionError("the cut is not a part of the answer")
    try:
        whole = json.loads(data)
    except ValueError:
        return
    found = whole.get("alipay_trade_query_response", whole.get("error_response"))
    if json.loads(envelope.content) != found:
        raise AssertionError("the cut is not what the name means")


def _certificate(data: bytes) -> None:
    roots = Roots.of(authorities()[0].pem)
    for content in (data, decoded(base64.b64encode(data).decode())):
        roots.vouched(content, "0" * 32, NOW, owner="")


def _form(data: bytes) -> None:
    """What is read comes back the same when it is written."""
    fields = forms.parse(data)
    if forms.parse(forms.encode(fields)) != fields:
        raise AssertionError("a form does not come back")


def _sealed(data: bytes) -> None:
    if aes.encrypt(AES_KEY, aes.decrypt(AES_KEY, data)) != data:
        raise AssertionError("a ciphertext does not come back")


def _mock(data: bytes) -> None:
    """Whatever is sent to the mock is answered."""
    head, _, body = data.partition(b"\n")
    path, _, query = head.decode("latin-1").partition("?")
    request = MockRequest("POST", path or "/gateway.do", query, {"authorization": query[:40]}, body)
    if not 200 <= world().handle(request).status < 600:
        raise AssertionError("the mock answered without a status")


def _paid() -> bytes:
    told = {"code": "10000", "out_trade_no": NUMBER, "trade_status": "TRADE_SUCCESS", "total_amount": "88.88"}
    return json.dumps(told).encode()


def _pems() -> tuple[bytes, ...]:
    vectors: Any = json.loads((VECTORS / "alipay" / "alipay_vectors.json").read_text(encoding="utf-8"))["vectors"]
    return tuple(vector["certificate_pem"].encode() for vector in vectors if "certificate_pem" in vector)


BILL = (VECTORS / "alipay" / "alipay_trade_detail_sample.gbk.csv").read_bytes()
FLOW = """#支付宝账务明细查询
账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）,交易渠道,业务类型,备注
#结束
#支出合计：0笔，共0.00元
#收入合计：0笔，共0.00元
""".encode("gbk")
ENVELOPE = b'{"alipay_trade_query_response":{"code":"10000","a":"}\\"","sign":"x"},"alipay_cert_sn":"n","sign":"s"}'
NOTICE = urlencode({"app_id": APP_ID, "notify_id": "N", "sign": "AAAA", "sign_type": "RSA2"}).encode()
TARGETS = (
    Target(
        "alipay_answer",
        _answer,
        (
            bytes([NAMES.index("query"), 0, 1]) + _paid(),
            bytes([NAMES.index("bar_code"), 0, 1]) + b'{"code":"40004","sub_code":"ACQ.SYSTEM_ERROR"}',
            bytes([NAMES.index("payout"), 0, 2]) + b'{"code":"40002","sub_code":"isv.invalid-app-id"}',
            bytes([NAMES.index("cancel"), 0, 1]) + b'{"code":"10000","action":"refund","retry_flag":"Y"}',
        ),
    ),
    Target("alipay_posted", _posted, (NOTICE, b"88.88", b'{"out_biz_no":"P1","status":"SUCCESS","trans_amount":"0.30"}')),
    Target("alipay_cut", refusing(_cut, EnvelopeRefusedError), (ENVELOPE, b'{ "error_response" : {} , "sign" : "s" }')),
    Target("alipay_certificate", refusing(_certificate, KeyUnusableError), _pems()),
    Target("alipay_bill", refusing(lambda data: parse(data, TRADE), BillBrokenError), (BILL,)),
    Target("alipay_fund_flow", refusing(lambda data: parse(data, FUND_FLOW), BillBrokenError), (FLOW,)),
    Target("form", refusing(_form, forms.FormRefusedError), (NOTICE, b"a=1&b=%20", b"a=&b=+")),
    Target("aes", refusing(_sealed, aes.CipherBrokenError), (aes.encrypt(AES_KEY, b"test1234567"),)),
    Target("alipay_mock", _mock, (b"/gateway.do?method=alipay.trade.query\n" + NOTICE, b"/v3/alipay/trade/query\n{}")),
)
