"""The pages' code is run as it stands, both languages show the same code, and what is generated is not stale."""

import ast
import asyncio
import queue
import re
import threading
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

import error_codes
import payment_channels
from error_codes import Effect
from error_codes.model import WITHOUT_ORDER
from mocks.process import MockServer, running
from payment_channels import (
    ChannelClient,
    EventKind,
    HandOver,
    InvokeClient,
    Money,
    Outcome,
    PaymentOrder,
    PaymentQuery,
    PayoutOrder,
    PersonalAccount,
    Prepared,
    Redirect,
    ShowQrCode,
    open_channel,
)
from payment_channels.channels.alipay import AlipayConfig
from payment_channels.channels.allinpay import AllinpayConfig
from payment_channels.channels.cib import CibConfig
from payment_channels.channels.lianlian import LianlianConfig
from payment_channels.channels.unionpay import UnionpayConfig
from payment_channels.channels.wechat import WechatConfig
from payment_channels.registry import BUILT_IN
from tests.docs import generated
from tests.docs.links import broken

DOCS = Path(__file__).parents[2] / "docs"
LANGUAGES = ("zh", "en")


def blocks(language: str, page: str) -> list[str]:
    return re.findall(r"```(?:python|{\.python})\n(.*?)```", (DOCS / language / page).read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with running(tmp_path_factory.mktemp("mock")) as server:
        yield server


@pytest.fixture
def given(mock: MockServer) -> Iterator[dict[str, Any]]:
    """What the pages take for granted: the quickstart's client and its configuration."""
    config = WechatConfig.from_directory(mock.keys / "wechat", base_url=mock.base_url)
    with ChannelClient(open_channel("wechat", config)) as client:
        yield {"client": client, "config": config}


@pytest.fixture
def all_channels(mock: MockServer, given: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the pages of all channels take for granted: the quickstart's clients."""
    configurations = {
        "alipay": AlipayConfig.from_directory(mock.keys / "alipay", base_url=mock.base_url),
        "unionpay": UnionpayConfig.from_directory(mock.keys / "unionpay", base_url=mock.base_url),
        "lianlian": LianlianConfig.from_directory(mock.keys / "lianlian", base_url=mock.base_url),
        "allinpay": AllinpayConfig.from_directory(mock.keys / "allinpay", base_url=mock.base_url),
        "cib": CibConfig.from_directory(mock.keys / "cib", trusted_line=f"{mock.base_url}/cib"),
    }
    with ExitStack() as stack:
        clients = {
            name: stack.enter_context(ChannelClient(open_channel(name, configuration)))
            for name, configuration in configurations.items()
        }
        yield {**given, **clients}


def run(language: str, page: str, given: dict[str, Any], address: str = "http://127.0.0.1:8700") -> dict[str, Any]:
    """Run a page's code from top to bottom, with the mock's address in it; return what it defined."""
    found = blocks(language, page)
    assert found, f"{page} has no code"
    for number, written in enumerate(found):
        code = written.replace("http://127.0.0.1:8700", address)
        exec(compile(code, f"{language}/{page} #{number}", "exec"), given)  # noqa: S102  our own page, run as written
    return given


def order(letter: str, **changes: Any) -> PaymentOrder:
    fields: dict[str, Any] = {
        "merchant_order_id": datetime.now(UTC).strftime(f"{letter}%y%m%d%H%M%S%f"),
        "ordered_at": datetime.now(UTC),
        "amount": Money(1280),
        "product": "native",
        "subject": "tea",
        "notify_url": "https://example.com/notify",
    }
    return PaymentOrder(**{**fields, **changes})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["promises.md", "attempts.md", "ids-and-idempotency.md", "money.md", "channels/wechat.md"])
def test_a_page_that_checks_itself(page: str, language: str, given: dict[str, Any]) -> None:
    run(language, page, given)


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_is_resolved(language: str, given: dict[str, Any], mock: MockServer) -> None:
    resolve, client = run(language, "unknown.md", given)["resolve"], given["client"]
    waited: list[float] = []
    prepared = client.prepare(order("u"))
    mock.control("faults", {"kind": "lose_reply", "channel": "wechat", "path": "/native"})
    assert client.pay(prepared).outcome is Outcome.UNKNOWN
    assert asked(resolve, client, prepared, waited) == ("open", Outcome.PENDING)
    assert len(waited) == len(given["DELAYS"])
    mock.control(f"wechat/orders/{prepared.order.merchant_order_id}/pay")
    waited.clear()
    assert asked(resolve, client, prepared, waited) == ("settled", Outcome.SUCCEEDED)
    assert len(waited) == 1
    never_sent = client.prepare(order("n"))
    later = timedelta(days=300)
    assert asked(resolve, client, never_sent, waited, later) == ("open", Outcome.UNKNOWN), "no quiet period is published"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_never_made_is_told_apart(language: str, all_channels: dict[str, Any]) -> None:
    """UnionPay's "not found" is conclusive after its quiet period; refunds and payouts are asked after as what they are."""
    resolve, unionpay = run(language, "unknown.md", all_channels)["resolve"], all_channels["unionpay"]
    never_sent = unionpay.prepare(order("n", product="app"))
    waited: list[float] = []
    assert asked(resolve, unionpay, never_sent, waited) == ("open", Outcome.UNKNOWN)
    assert asked(resolve, unionpay, never_sent, waited, timedelta(days=8)) == ("never_made", Outcome.UNKNOWN)
    card = PersonalAccount(account_no="6226090000000048", name="张三")
    payout = unionpay.prepare(
        PayoutOrder(
            merchant_order_id=never_sent.order.merchant_order_id + "p",
            ordered_at=datetime.now(UTC),
            amount=Money(888),
            payee=card,
        )
    )
    unionpay.payout(payout)
    assert asked(resolve, unionpay, payout, waited) == ("settled", Outcome.SUCCEEDED)


def asked(
    resolve: Any, client: ChannelClient, prepared: Prepared, waited: list[float], later: timedelta = timedelta()
) -> tuple[str, Outcome]:
    conclusion, result = resolve(client, prepared, waited.append, lambda: datetime.now(UTC) + later)
    return conclusion, result.outcome


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_payer_is_handed_what_he_can_pay(language: str, all_channels: dict[str, Any], mock: MockServer) -> None:
    """The page pays at every channel by itself; here a browser that knows nothing reads the page's HTML and submits it."""
    page = run(language, "payer.md", all_channels, mock.base_url)
    asked = page["order_of"]("page", attach="<\"&amp;quot;'>")
    prepared = page["alipay"].prepare(asked)
    kind, body = page["handed_over"](page["alipay"].pay(prepared).payer_action)
    browser = Browser(body.decode(kind.rpartition("charset=")[2]))
    httpx.post(browser.action, data=browser.fields).raise_for_status()
    mock.control(f"alipay/orders/{asked.merchant_order_id}/pay")
    assert page["alipay"].query(PaymentQuery.of(prepared)).outcome is Outcome.SUCCEEDED
    for action in (
        ShowQrCode(content="weixin://x"),
        Redirect(url="https://x.example/"),
        HandOver(text="tn1"),
        InvokeClient(function="f", parameters={"a": "茶"}),
    ):
        kind, body = page["handed_over"](action)
        assert ("application/json" in kind) == isinstance(action, InvokeClient)
        assert body


class Browser(HTMLParser):
    """Reads a form as browsers do."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action, self.fields = "", dict[str, str]()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = named["action"]
        if tag == "input":
            self.fields[named["name"]] = named["value"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_payments_are_refunded_at_every_channel(language: str, all_channels: dict[str, Any], mock: MockServer) -> None:
    for channel, client, changes in (
        ("wechat", all_channels["client"], {}),
        ("alipay", all_channels["alipay"], {"product": "precreate"}),
        ("unionpay", all_channels["unionpay"], {"product": "app"}),
        ("allinpay", all_channels["allinpay"], {"product": "wechat_native"}),
    ):
        prepared = client.prepare(order("r", **changes))
        client.pay(prepared)
        mock.control(f"{channel}/orders/{prepared.order.merchant_order_id}/{'scan' if channel == 'alipay' else 'pay'}")
        if channel == "alipay":
            mock.control(f"alipay/orders/{prepared.order.merchant_order_id}/pay")
        all_channels[f"{channel}_payment"] = prepared
    page = run(language, "refunds.md", all_channels)
    for channel in ("wechat", "alipay", "unionpay", "allinpay"):
        refund = page[f"{channel}_refund"]
        assert (refund.channel, refund.amounts.order) == (channel, Money(280))


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_and_companies_are_paid(language: str, all_channels: dict[str, Any]) -> None:
    page = run(language, "payouts.md", all_channels)
    assert page["confirmation"].confirm_code, "the second payout to one account was held back, and confirmed"
    assert page["own"].cnaps_code.startswith("309")
    lines = page["found"].lines
    assert [line.outcome for line in lines] == [Outcome.PENDING] * 2, "CIB's batch takes half an hour"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notification_is_handled(language: str, given: dict[str, Any], mock: MockServer) -> None:
    handle, client = run(language, "notifications.md", given)["on_notification"], given["client"]
    answered = threading.Event()
    statuses: list[int] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = handle(body, dict(self.headers.items()))
            statuses.extend([answer.status, handle(body + b" ", dict(self.headers.items())).status])
            self.send_response(answer.status)
            self.end_headers()
            self.wfile.write(answer.body)
            answered.set()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        prepared = client.prepare(order("w", notify_url=f"http://127.0.0.1:{server.server_address[1]}/notify"))
        number = prepared.order.merchant_order_id
        given["orders"][number] = prepared
        client.pay(prepared)
        mock.control(f"wechat/orders/{number}/pay")
        assert answered.wait(10)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
    assert given["outcomes"] == {number: Outcome.SUCCEEDED}
    assert statuses == [200, 401], "a changed body is refused"


@pytest.mark.parametrize("language", LANGUAGES)
def test_payouts_and_movements_are_told_apart(language: str, all_channels: dict[str, Any], mock: MockServer) -> None:
    """LianLian tells of its payout and CIB of a movement on the account: the page books the first, and keeps the second."""
    page = run(language, "notifications.md", all_channels)
    arrived: queue.Queue[str] = queue.Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            name = self.path.strip("/")
            answer = page["on_payout_notification"](all_channels[name], body, dict(self.headers.items()))
            self.send_response(answer.status)
            self.end_headers()
            self.wfile.write(answer.body)
            arrived.put(name)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    here = f"http://127.0.0.1:{server.server_address[1]}"
    account = tomllib.loads((mock.keys / "cib" / "channel.toml").read_text(encoding="utf-8"))["acct_id"]
    order = PayoutOrder(
        merchant_order_id=f"told{language}",
        ordered_at=datetime.now(UTC),
        amount=Money(888),
        payee=PersonalAccount(account_no=f"622202123456789{LANGUAGES.index(language)}000", name="张三"),
        purpose="货款",
        remark="货款",
        notify_url=f"{here}/lianlian",
    )
    try:
        page["payouts"][order.merchant_order_id] = all_channels["lianlian"].prepare(order)
        all_channels["lianlian"].payout(page["payouts"][order.merchant_order_id])
        mock.control(f"lianlian/payouts/{order.merchant_order_id}/complete")
        assert arrived.get(timeout=10) == "lianlian"
        mock.control(f"cib/accounts/{account}/watch", {"url": f"{here}/cib"})
        mock.control(f"cib/accounts/{account}/deposit", {"amount": "10.00"})
        assert arrived.get(timeout=10) == "cib"
    finally:
        mock.control(f"cib/accounts/{account}/unwatch", {"url": f"{here}/cib"})
        server.shutdown()
        server.server_close()
        thread.join(5)
    assert page["outcomes"] == {order.merchant_order_id: Outcome.SUCCEEDED}
    assert list(page["entries"].values()) == [(EventKind.INCOMING_TRANSFER, True, Money(1000))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_day_is_reconciled(language: str, mock: MockServer) -> None:
    with running(mock.keys) as another:  # one of its own, whose clock may go on to the next day
        config = WechatConfig.from_directory(another.keys / "wechat", base_url=another.base_url)
        with ChannelClient(open_channel("wechat", config)) as client:
            page = run(language, "bills.md", {"client": client})
            ours, theirs = order("b"), order("c", amount=Money(990))
            for one in (ours, theirs):
                client.pay(one)
                another.control(f"wechat/orders/{one.merchant_order_id}/pay")
            today = datetime.fromisoformat(another.control("clock", method="GET")["now"]).date()
            assert page["rows_of"](today) is None, "not ready is not empty"
            another.control("clock/advance", {"seconds": 36 * 3600})
            rows = page["rows_of"](today)
            booked = {ours.merchant_order_id: Money(1281), "neverpaid": Money(1)}
            assert page["differences"](rows, booked) == ([theirs.merchant_order_id], ["neverpaid"], [ours.merchant_order_id])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_clients_are_used_as_shown(language: str, given: dict[str, Any]) -> None:
    paid = order("s")
    given["client"].pay(paid)
    page = run(language, "sync-and-async.md", given)
    (told,) = asyncio.run(page["query_all"]([paid]))
    assert told.outcome is Outcome.PENDING
    assert page["found"].canonical == "ORDER_NOT_FOUND"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_that_lives_elsewhere(language: str, given: dict[str, Any], mock: MockServer) -> None:
    pem = (mock.keys / "wechat" / "merchant_key.pem").read_bytes()
    key = serialization.load_pem_private_key(pem, password=None)
    assert isinstance(key, rsa.RSAPrivateKey)
    signed: list[bytes] = []

    def sign_in_hsm(message: bytes) -> bytes:
        signed.append(message)
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())

    page = run(language, "keys-and-rotation.md", {**given, "sign_in_hsm": sign_in_hsm})
    with ChannelClient(page["channel"]) as client:
        assert client.pay(order("h")).outcome is Outcome.PENDING
    assert signed


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_merchant_is_told(language: str, given: dict[str, Any], mock: MockServer) -> None:
    answer = run(language, "publishing.md", given)["answer_for_merchant"]
    unpaid = order("p")
    status, body = answer(given["client"].pay(unpaid))
    assert (status, body["code"]) == (202, "PAYMENT_PROCESSING")
    mock.control("faults", {"kind": "lose_reply", "channel": "wechat", "path": "/native"})
    status, body = answer(given["client"].pay(order("q")))
    assert (status, body["code"], body["new_id_allowed"]) == (202, "RESULT_UNKNOWN", False)
    status, body = answer(given["client"].query(PaymentQuery.of(unpaid)))
    assert status == 202


def test_the_statuses_that_the_page_names_are_those_of_the_rows() -> None:
    """What moves money or asks after it: each unknown or pending row is told under one of the page's four lines."""
    named = {
        (Effect.UNKNOWN, "RESULT_UNKNOWN", 202),
        (Effect.UNKNOWN, "ALREADY_EXISTS", 409),
        (Effect.PENDING, "PAYMENT_PROCESSING", 202),
        (Effect.PENDING, "PAYER_ACTION_NEEDED", 402),
    }
    told = set()
    for row in (row for channel in error_codes.channels() for row in error_codes.rows(channel)):
        about_no_order = all(operation.partition(".")[0] in WITHOUT_ORDER for operation in row.operations)
        if row.effect in {Effect.UNKNOWN, Effect.PENDING} and not about_no_order:
            published = error_codes.outward(row.canonical, row.effect)
            told.add((row.effect, published.code, published.http))
    assert told == named
    for language in LANGUAGES:
        text = (DOCS / language / "publishing.md").read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if line.startswith(("| `unknown`", "| `pending`"))]
        assert {(line.split("`")[1], line.split("`")[3], line.split("|")[3].strip()[:3]) for line in lines} == {
            (effect.value, code, str(status)) for effect, code, status in named
        }


def pages_with_code() -> list[str]:
    own = [path.relative_to(DOCS / "zh") for path in (DOCS / "zh").rglob("*.md")]
    return [str(path) for path in own if blocks("zh", str(path)) and path.name not in {"quickstart.md", "mock.md"}]


@pytest.mark.parametrize("page", pages_with_code())
def test_both_languages_show_the_same_code(page: str) -> None:
    """Comments differ, and nothing else."""
    shown = [[code.strip() for code in blocks(language, page)] for language in LANGUAGES]
    if any(code.startswith("--8<--") for code in shown[0]):
        assert shown[0] == shown[1]
    else:
        assert [ast.dump(ast.parse(code)) for code in shown[0]] == [ast.dump(ast.parse(code)) for code in shown[1]]


def test_generated_pages_are_not_stale() -> None:
    assert generated.stale() == [], "run `make pages`"


def test_every_public_name_stands_in_the_reference() -> None:
    shown = {name.rpartition(".")[2] for group in generated.GROUPS for name in generated.names(group)}
    public = {*payment_channels.__all__, *error_codes.__all__} - {"__version__"}
    assert public - shown == {"CanonicalCode", "Outcome"}, "the codes are a page by themselves; Outcome is Effect"


def test_every_channel_has_its_pages() -> None:
    for language in LANGUAGES:
        for channel in BUILT_IN:
            for place in (f"channels/{channel}.md", f"errors/{channel}.md"):
                assert (DOCS / language / place).is_file(), f"{language}/{place} is missing"


def test_decisions_stand_in_both_languages() -> None:
    left = [path.name for path in (DOCS / "decisions").glob("*.md")]
    assert left == [], "decisions live in docs/zh/decisions and docs/en/decisions: move them and write the other language"


def test_the_link_check_finds_what_is_broken(tmp_path: Path) -> None:
    good = '<h2 id="there">x</h2><a href="../en/a.html#there">en</a><a href="https://elsewhere.example/">out</a>'
    for language, content in {
        "zh": good,
        "en": '<a id="there" href="nosuch.html">x</a><a href="../zh/a.html#nowhere">y</a><script src="https://cdn.example/x.js"></script>',
    }.items():
        (tmp_path / language).mkdir()
        (tmp_path / language / "a.html").write_text(content, encoding="utf-8")
    assert list(broken(tmp_path)) == [
        "en/a.html links to ../zh/a.html#nowhere, and there is no such anchor",
        "en/a.html loads https://cdn.example/x.js: it must work without a network",
        "en/a.html links to nosuch.html, and there is no such file",
    ]
    (tmp_path / "en" / "a.html").write_text('<i id="there"></i>', encoding="utf-8")
    assert list(broken(tmp_path)) == ["en/a.html does not link to itself in the other language"]
