"""What WeChat Pay does for a batch of transfers: create, query whole and in part; and what the control plane can do to it."""

import secrets
from typing import Any

from mocks.wechat import batches, magic
from mocks.wechat.batches import Batch, Detail
from mocks.wechat.codes import refused, text
from mocks.wechat.desk import Desk
from mocks.wechat.fields import BATCH, BATCH_DETAIL, check, read_body, wrong
from mocks.wechat.payments import check_notify_url
from mocks.wechat.payouts import open_name, seal_name
from mocks.wire import MockReply, MockRequest

_MOST_DETAILS = 1000  # assumed: no page seen gives the number
_PAGE, _LEAST_PAGE, _MOST_PAGE = 20, 20, 100


def create(desk: Desk, request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Take in a batch; it is done by its first query, or a few business seconds later."""
    body = read_body(operation, request)
    check(operation, body, magic.uncounted(BATCH, body, "batch_remark"))
    check_notify_url(operation, body.get("notify_url"))
    if body["appid"] != desk.keys.appid:
        raise refused(operation, "APPID_MCHID_NOT_MATCH")
    magic.provoke(operation, body, first=True)
    given = body["transfer_detail_list"]
    for one in given:
        if not isinstance(one, dict):
            raise refused(operation, "PARAM_ERROR")
        check(operation, one, magic.uncounted(BATCH_DETAIL, one, "transfer_remark"))
    numbers = {one["out_detail_no"] for one in given}
    total = sum(one["transfer_amount"] for one in given)
    if not len(numbers) == len(given) == body["total_num"] <= _MOST_DETAILS or total != body["total_amount"]:
        raise refused(operation, "PARAM_ERROR")
    names = [open_name(desk, request, one.get("user_name"), one["transfer_amount"]) for one in given]
    plain = [one | {"user_name": name} for one, name in zip(given, names, strict=True)]
    details = [_detail(desk, one, name) for one, name in zip(given, names, strict=True)]
    meaning = body | {"transfer_detail_list": plain}
    made = desk.batches.request(body, meaning, details, request.headers.get("wechatpay-serial"))
    return MockReply.of_json(batches.accepted(made))


def _detail(desk: Desk, asked: dict[str, Any], name: str | None) -> Detail:
    number = f"1320{secrets.randbelow(10**36):036d}"
    sealed = seal_name(desk, name) if name is not None else None
    return Detail(asked["out_detail_no"], number, asked, magic.fail_reason(asked["transfer_remark"]), sealed)


def _found(desk: Desk, operation: str, values: dict[str, str]) -> Batch:
    found = desk.batches.find(out_batch_no=values.get("out_batch_no"), batch_id=values.get("batch_id"))
    if found is None:
        raise refused("batch_query", "NOT_FOUND")
    magic.provoke(operation, found.parameters, first=False)
    return found


def query(desk: Desk, request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Tell the state of a batch and, if asked to, a page of its details by their state."""
    asked = request.parameters
    wanted = asked.get("need_query_detail", "")
    if wanted not in {"true", "false"}:
        issue = "映射到布尔字段“是否查询转账明细单”规则校验失败，应为true或false"
        raise wrong(operation, "need_query_detail", wanted, issue, location="query")
    offset, limit = _number(operation, asked, "offset", 0), _number(operation, asked, "limit", _PAGE)
    status = asked.get("detail_status", "ALL")
    if not _LEAST_PAGE <= limit <= _MOST_PAGE or status not in {"ALL", "SUCCESS", "FAIL", "WAIT_PAY"}:
        issue = "规则校验失败，limit应为20到100，detail_status应为ALL、SUCCESS、FAIL或WAIT_PAY"
        raise wrong(operation, "limit", asked.get("limit", ""), issue, location="query")
    found = _found(desk, operation, values)
    if desk.batches.settle(found, asked=True):
        desk.batch_ended(found)
    content: dict[str, Any] = {"transfer_batch": batches.shown(found, desk.keys.mchid)}
    if wanted == "true":
        fitting = [one for one in found.details if status in {"ALL", one.state}][offset : offset + limit]
        content |= {"transfer_detail_list": [_line(one) for one in fitting], "offset": offset, "limit": limit}
    return MockReply.of_json(content)


def _line(one: Detail) -> dict[str, str]:
    return {"detail_id": one.detail_id, "out_detail_no": one.out_detail_no, "detail_status": one.state}


def _number(operation: str, asked: dict[str, str], name: str, default: int) -> int:
    value = asked.get(name, str(default))
    if not (value.isascii() and value.isdecimal() and len(value) <= 6):  # noqa: PLR2004  no batch is as long
        raise wrong(operation, name, value, "规则校验失败，应为数值", location="query")
    return int(value)


def query_detail(desk: Desk, _request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Tell the state of one payee's part, once the batch has ended."""
    found = _found(desk, operation, values)
    number, own = values.get("detail_id"), values.get("out_detail_no")
    one = next((one for one in found.details if number == one.detail_id or own == one.out_detail_no), None)
    if one is None:
        raise refused("batch_query", "NOT_FOUND")
    if found.state not in batches.ENDS:
        raise refused(operation, "INVALID_REQUEST", text(operation, "INVALID_REQUEST", "批次处理完成"))
    return MockReply.of_json(batches.detail_shown(found, one, desk.keys.mchid))


def control(desk: Desk, number: str, verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    """Let a batch finish, be held, or close.

    Raises:
        ControlRefusedError: there is no such batch, or it cannot happen to it.
    """
    found = desk.batches.of_number(number)
    desk.batches.move(found, verb)
    if found.state in batches.ENDS:
        desk.batch_ended(found)
    return batches.shown(found, desk.keys.mchid)
