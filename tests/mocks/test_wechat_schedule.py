"""How often a notification that nobody takes is sent again, as the notification pages have it, on the business clock."""

from pathlib import Path
from typing import Any

import pytest

from mocks.clock import Clock
from mocks.notices import Posted
from mocks.wechat import WechatMock
from mocks.world import World

MINUTE, HOUR = 60, 3600
# 15s/15s/30s/3m/10m/20m/30m/30m/30m/60m/3h/3h/3h/6h/6h, of payments and refunds.
PAYMENTS = [15, 15, 30, 3 * MINUTE, 10 * MINUTE, 20 * MINUTE, *[30 * MINUTE] * 3, HOUR, *[3 * HOUR] * 3, *[6 * HOUR] * 2]
# 0s/15s×10/300s×10/1800s×44, of transfers.
TRANSFERS = [15] * 10 + [300] * 10 + [1800] * 44


@pytest.mark.parametrize(("about", "waits"), [("payment", PAYMENTS), ("refund", PAYMENTS), ("transfer", TRANSFERS)])
def test_the_whole_schedule(
    wechat: WechatMock, merchant: Any, clock: Clock, keys_folder: Path, about: str, waits: list[int]
) -> None:
    posted: list[str] = []

    def refuse(_url: str, _headers: dict[str, str], body: bytes) -> Posted:
        posted.append(body.decode())
        return 500, ""

    world = World([wechat], clock, refuse)
    if about == "transfer":
        body = {
            "appid": merchant.facts["appid"],
            "out_bill_no": "t1",
            "transfer_scene_id": "1000",
            "openid": "oUser",
            "transfer_amount": 500,
            "transfer_remark": "x",
            "notify_url": "http://127.0.0.1:9/notify",
            "transfer_scene_report_infos": [{"info_type": "a", "info_content": "b"}],
        }
        merchant.ask("POST", "/v3/fund-app/mch-transfer/transfer-bills", body)
        wechat.control("transfers", "t1", "confirm", {})
    else:
        merchant.native()
        wechat.control("orders", "order0001", "pay", {})
        if about == "refund":
            wechat.notices.posted(wechat.notices.all[0], (204, ""))
            merchant.refund(notify_url="http://127.0.0.1:9/notify")
            merchant.query_refund()
    assert len(world.deliver()) == 1
    for number, wait in enumerate(waits, 1):
        clock.advance(wait - 1)
        assert world.deliver() == []
        clock.advance(1)
        (shown,) = world.deliver()
        assert len(shown["attempts"]) == number + 1
    clock.advance(30 * 86_400)
    assert world.deliver() == []
    assert len(set(posted)) == 1  # the same letter each time, signed anew
