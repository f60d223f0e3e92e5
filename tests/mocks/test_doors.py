"""One world behind every door: httpx and httpx2, sync and async, respx, ASGI, and a real port."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest

from mocks import doors
from mocks.wire import LostReplyError, MockReply, MockRequest
from mocks.world import World

BASE = "https://api.mch.weixin.qq.com"
Ask = Callable[[MockRequest], MockReply]


@pytest.fixture
def world(keys_folder: Path) -> World:
    return doors.open_world(keys_folder.parent)


@pytest.fixture
def signed(merchant_of: Callable[[Ask], Any], world: World) -> Any:
    return merchant_of(world.handle)


def _reply(answer: Any) -> MockReply:
    names = {"request-id": "Request-ID"}
    headers = {names.get(name, name.title()): value for name, value in answer.headers.items()}
    return MockReply(answer.status_code, headers, answer.content)


def _parts(request: MockRequest) -> dict[str, Any]:
    return {"method": request.method, "url": BASE + request.target, "headers": request.headers, "content": request.body}


@pytest.fixture(params=["httpx", "httpx2", "httpx-async", "httpx2-async", "respx", "asgi"])
def door(request: pytest.FixtureRequest, world: World) -> tuple[Ask, type[Exception], type[Exception]]:
    """Each door as a function, with what it raises for a lost reply and for a late one."""
    library: Any = httpx2 if "httpx2" in request.param else httpx

    def sync(asked: MockRequest) -> MockReply:
        with library.Client(transport=doors.transport(world, library), timeout=0.2) as client:
            return _reply(client.request(**_parts(asked)))

    def in_loop(asked: MockRequest) -> MockReply:
        async def ask() -> MockReply:
            in_process = httpx.ASGITransport(doors.Application(world))
            used = in_process if request.param == "asgi" else doors.async_transport(world, library)
            async with library.AsyncClient(transport=used, timeout=0.2) as client:
                return _reply(await client.request(**_parts(asked)))

        return asyncio.run(ask())

    def respx(asked: MockRequest) -> MockReply:
        with doors.respx_router(world), httpx.Client(timeout=0.2) as client:
            return _reply(client.request(**_parts(asked)))

    if request.param == "respx":
        return respx, httpx.ReadError, httpx.ReadTimeout
    if request.param == "asgi":
        return in_loop, LostReplyError, LostReplyError
    return (in_loop if "async" in request.param else sync), library.ReadError, library.ReadTimeout


def test_a_payment_through_every_door(door: Any, signed: Any, world: World) -> None:
    signed.send = door[0]
    assert signed.native("order-|*1").status == 200
    assert signed.query("order-%7C*1").json["trade_state"] == "NOTPAY"
    assert signed.close("order-%7C*1").status == 204
    assert signed.native(amount={"total": 0}).code == "PARAM_ERROR"
    assert world.books()["wechat"]["orders"][0]["trade_state"] == "CLOSED"


@pytest.mark.parametrize("kind", ["lose_reply", "reset"])
def test_a_lost_reply_is_an_error_of_reading_and_was_executed(door: Any, signed: Any, world: World, kind: str) -> None:
    signed.send = door[0]
    world.faults.add({"kind": kind, "path": "/native"})
    with pytest.raises(door[1]):
        signed.native()
    assert signed.query().json["trade_state"] == "NOTPAY"
    assert signed.native().status == 200  # the fault struck once


def test_a_late_reply_is_a_timeout(door: Any, signed: Any, world: World, request: pytest.FixtureRequest) -> None:
    if "asgi" in request.node.name:
        pytest.skip("an ASGI transport in process has no timeouts")
    signed.send = door[0]
    world.faults.add({"kind": "delay", "seconds": 0.05})
    assert signed.native().status == 200
    world.faults.add({"kind": "delay", "seconds": 5})
    with pytest.raises(door[2]):
        signed.query()


def test_half_a_body_is_an_error_of_the_protocol(world: World, signed: Any) -> None:
    for library in (httpx, httpx2):
        world.faults.add({"kind": "half_body"})
        with library.Client(transport=doors.transport(world, library)) as client, pytest.raises(library.RemoteProtocolError):
            client.request(**_parts(signed.request("POST", "/v3/pay/transactions/native", signed.order())))


def test_the_control_plane_is_behind_the_same_doors(world: World) -> None:
    with httpx.Client(transport=doors.transport(world), base_url=BASE) as client:
        assert client.get("/_mock/health").json() == {"status": "ok", "channels": list(world.channels)}
