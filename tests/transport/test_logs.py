"""The HTTP library logs our calls without their queries, and everybody else's as before."""

import asyncio
import importlib
import logging
from typing import Any

import pytest

from payment_channels.channel import HttpCall
from payment_channels.transport import AsyncHttpTransport, HttpTransport

ADDRESS = "https://pay.example.com/gateway.do?biz_content=6222021234567894321&sign=abc"
LIBRARIES = ("httpx", "httpx2")


def answering(name: str, kind: str) -> Any:
    library = importlib.import_module(name)
    return getattr(library, kind)(transport=library.MockTransport(lambda request: library.Response(200, request=request)))


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_call_of_ours_is_logged_without_its_query(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client = answering(name, "Client")
    HttpTransport.over(client, client_class="Client").send(HttpCall("GET", ADDRESS, ()), 5)
    assert "HTTP Request: GET https://pay.example.com/gateway.do?…" in caplog.text
    assert "biz_content" not in caplog.text
    client.get(ADDRESS)  # the caller's own request over the same client
    assert "biz_content=6222021234567894321" in caplog.text


@pytest.mark.parametrize("name", LIBRARIES)
def test_so_is_a_call_beside_others_on_one_loop(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def both() -> None:
        client = answering(name, "AsyncClient")
        ours = AsyncHttpTransport.over(client, client_class="AsyncClient")
        await asyncio.gather(ours.send(HttpCall("GET", ADDRESS, ()), 5), client.get("https://other.example.com/?seen=1"))
        await client.aclose()

    asyncio.run(both())
    assert "biz_content" not in caplog.text
    assert "https://other.example.com/?seen=1" in caplog.text


@pytest.mark.parametrize("name", LIBRARIES)
def test_an_address_without_a_query_is_logged_as_it_is(name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    transport = HttpTransport.over(answering(name, "Client"), client_class="Client")
    for _ in range(2):
        transport.send(HttpCall("POST", "https://pay.example.com/v3/pay", (), b"{}"), 5)
    assert caplog.text.count("HTTP Request: POST https://pay.example.com/v3/pay ") == 2
