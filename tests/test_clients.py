"""Both clients from one protocol text, over httpx and httpx2, for many merchants at once; respx sees the requests."""

import asyncio
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import httpx
import httpx2
import pytest
import respx

from payment_channels import (
    AsyncChannelClient,
    ChannelClient,
    CloseOrder,
    ConfigurationError,
    HttpReply,
    Money,
    NotSentError,
    OriginalPayment,
    Outcome,
    PaymentQuery,
    RefundOrder,
    RefundQuery,
    channel_names,
    manifest,
    open_channel,
)
from payment_channels.channels.wechat import Wechat, WechatConfig
from tests.conftest import NOW, Platform, payment

LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])
NUMBER = payment().merchant_order_id
REFUND = RefundOrder(
    merchant_refund_id="R1",
    ordered_at=NOW,
    amount=Money(40),
    original=OriginalPayment(merchant_order_id=NUMBER, amount=Money(100)),
)
CALLS: list[tuple[str, Any]] = [
    ("pay", payment()),
    ("query", PaymentQuery.of(payment())),
    ("close", CloseOrder(merchant_order_id=NUMBER)),
    ("refund", REFUND),
    ("query_refund", RefundQuery.of(REFUND)),
]


def answer(platform: Platform, method: str, path: str, body: bytes) -> HttpReply:
    """The platform's answer to any of the calls above."""
    if path.endswith("/native"):
        return platform.answers({"code_url": f"weixin://{json.loads(body)['out_trade_no']}"})
    if path.endswith("/close"):
        return platform.answers(b"", status=204)
    if "refund" in path:
        amount = {"refund": 40, "total": 100, "currency": "CNY"}
        return platform.answers({"out_refund_no": "R1", "status": "SUCCESS", "amount": amount})
    number = re.search(r"out-trade-no/([^?/]+)", path)
    assert number
    amount = {"total": 100, "currency": "CNY"}
    return platform.answers({"out_trade_no": number.group(1), "trade_state": "SUCCESS", "amount": amount})


def transport(library: ModuleType, platform: Platform) -> Any:
    def handle(request: Any) -> Any:
        reply = answer(platform, request.method, request.url.raw_path.decode(), request.read())
        return library.Response(reply.status, headers=dict(reply.headers), content=reply.body)

    return library.MockTransport(handle)


def told(result: Any) -> dict[str, Any]:
    """A result without the times of sending."""
    data: dict[str, Any] = result.model_dump(mode="json", exclude={"evidence"})
    return data


@LIBRARIES
async def test_both_clients_say_the_same(library: ModuleType, wechat: Wechat, platform: Platform) -> None:
    with library.Client(transport=transport(library, platform)) as http:
        blocking = [told(getattr(ChannelClient(wechat, http=http), verb)(asked)) for verb, asked in CALLS]
    async with library.AsyncClient(transport=transport(library, platform)) as ahttp:
        client = AsyncChannelClient(wechat, http=ahttp)
        waiting = [told(await getattr(client, verb)(asked)) for verb, asked in CALLS]
    assert blocking == waiting
    assert [result["outcome"] for result in blocking] == ["pending", "succeeded", "succeeded", "succeeded", "succeeded"]


def test_a_configuration_of_another_class_is_refused(wechat_config: WechatConfig) -> None:
    for given, shown in ((wechat_config, "WechatConfig"), (None, "NoneType"), ([], "list")):
        with pytest.raises(ConfigurationError) as caught:
            open_channel("alipay", given)
        assert caught.value.field == "configuration"
        for text in (caught.value.zh, caught.value.en):
            assert "payment_channels.channels.alipay.config.AlipayConfig" in text
            assert shown in text


async def test_clients_close_what_they_opened_and_nothing_else(wechat: Wechat) -> None:
    own = ChannelClient(wechat, http="httpx2")
    with own:
        inside = own._transport.client
    assert isinstance(inside, httpx2.Client)
    assert inside.is_closed
    async with AsyncChannelClient(wechat) as aown:
        ainside = aown._transport.client
    assert ainside.is_closed
    async with httpx.AsyncClient() as theirs:
        async with AsyncChannelClient(wechat, http=theirs):
            pass
        assert not theirs.is_closed


def test_respx_sees_what_is_sent(wechat: Wechat, platform: Platform) -> None:
    with respx.mock(base_url="https://api.mch.weixin.qq.com") as router:
        reply = platform.answers({"code_url": "weixin://x"})
        route = router.post("/v3/pay/transactions/native").respond(200, headers=dict(reply.headers), content=reply.body)
        with ChannelClient(wechat) as client:
            assert client.pay(payment()).outcome is Outcome.PENDING
    assert route.call_count == 1


async def test_an_unreachable_channel_raises_in_both_colours(wechat_config: WechatConfig) -> None:
    channel = open_channel("wechat", wechat_config.model_copy(update={"base_url": "http://127.0.0.1:9"}))
    with ChannelClient(channel) as client, pytest.raises(NotSentError):
        client.pay(payment())
    async with AsyncChannelClient(channel) as aclient:
        with pytest.raises(NotSentError):
            await aclient.pay(payment())


def merchants(config: WechatConfig, count: int) -> list[Wechat]:
    opened = [
        open_channel("wechat", config.model_copy(update={"mchid": f"19000000{number:02}"}), clock=lambda: NOW)
        for number in range(count)
    ]
    return [channel for channel in opened if isinstance(channel, Wechat)]


def check_whose(platform: Platform, seen: list[tuple[str, str]], lock: threading.Lock) -> Any:
    """A handler that notes for whom each request was signed and for whom its body speaks."""

    def handle(request: httpx.Request) -> httpx.Response:
        body = request.read()
        signer = re.search(r'mchid="(\d+)"', request.headers["Authorization"])
        assert signer
        with lock:
            seen.append((signer.group(1), json.loads(body)["mchid"]))
        reply = answer(platform, request.method, request.url.raw_path.decode(), body)
        return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body)

    return handle


def test_many_merchants_in_many_threads_never_mix(wechat_config: WechatConfig, platform: Platform) -> None:
    seen: list[tuple[str, str]] = []
    channels = merchants(wechat_config, 8)
    with (
        httpx.Client(transport=httpx.MockTransport(check_whose(platform, seen, threading.Lock()))) as http,
        ThreadPoolExecutor(16) as pool,
    ):
        clients = [ChannelClient(channel, http=http) for channel in channels]
        numbers = [f"order-{number:04}" for number in range(400)]
        results = list(pool.map(lambda pair: clients[pair[0] % 8].pay(payment(merchant_order_id=pair[1])), enumerate(numbers)))
    assert [getattr(result.payer_action, "content", None) for result in results] == [f"weixin://{number}" for number in numbers]
    assert len(seen) == 400
    assert all(signer == body for signer, body in seen)


async def test_many_merchants_in_many_tasks_never_mix(wechat_config: WechatConfig, platform: Platform) -> None:
    seen: list[tuple[str, str]] = []
    async with httpx.AsyncClient(transport=httpx.MockTransport(check_whose(platform, seen, threading.Lock()))) as http:
        clients = [AsyncChannelClient(channel, http=http) for channel in merchants(wechat_config, 8)]
        results = await asyncio.gather(*(clients[n % 8].pay(payment(merchant_order_id=f"order-{n:04}")) for n in range(200)))
    assert [getattr(result.payer_action, "content", None) for result in results] == [f"weixin://order-{n:04}" for n in range(200)]
    assert all(signer == body for signer, body in seen)


def test_configurations_are_immutable(wechat_config: WechatConfig) -> None:
    with pytest.raises(ValueError, match="frozen"):
        wechat_config.mchid = "1"  # type: ignore[misc]


def test_the_registry_names_channels_and_refuses_others() -> None:
    assert "wechat" in channel_names()
    assert manifest("wechat").title_zh == "微信支付"
    with pytest.raises(ConfigurationError, match="moonbeam"):
        manifest("moonbeam")


def test_every_declared_verb_is_built_and_every_built_one_declared() -> None:
    from payment_channels import Channel, Verb

    for name in channel_names():
        card = manifest(name)
        adapter = card.open
        built = {verb for verb in Verb if getattr(adapter, verb) is not getattr(Channel, verb)}
        assert built == set(card.capabilities), name


def test_a_signer_in_a_slow_place_is_asked_beside_the_loop(
    wechat: Wechat, platform: Platform, wechat_config: WechatConfig
) -> None:
    """An HSM blocks; the loop must not."""
    fast = wechat._line.signer
    threads: list[str] = []

    class Hsm:
        key_id = fast.key_id
        slow = True

        def sign(self, message: bytes) -> bytes:
            threads.append(threading.current_thread().name)
            return fast.sign(message)

    channel = open_channel("wechat", wechat_config.model_copy(update={"merchant_key": None, "signer": Hsm()}), clock=lambda: NOW)

    async def pay() -> Outcome:
        async with httpx.AsyncClient(transport=transport(httpx, platform)) as http:
            return (await AsyncChannelClient(channel, http=http).pay(payment())).outcome

    assert asyncio.run(pay()) is Outcome.PENDING
    with httpx.Client(transport=transport(httpx, platform)) as http:
        assert ChannelClient(channel, http=http).pay(payment()).outcome is Outcome.PENDING
    assert threads[0] != threading.main_thread().name
    assert threads[1] == threading.current_thread().name
