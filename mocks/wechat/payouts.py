"""What WeChat Pay does for a transfer: create, query, cancel; and what its user does, on the control plane."""

import base64
import binascii
from typing import Any

from mocks.control import text_of
from mocks.wechat import magic, transfers
from mocks.wechat.codes import refused, text
from mocks.wechat.desk import Desk
from mocks.wechat.fields import TRANSFER, check, read_body, wrong
from mocks.wechat.payments import check_notify_url
from mocks.wechat.transfers import Transfer
from mocks.wire import MockReply, MockRequest
from payment_channels.codec.rsa import RsaOaepDecryptor, RsaOaepEncryptor

# Scene ids that the pages name; an amount's bounds are public knowledge, but on no page: 0.30 to 20 000 yuan.
_SCENES = {"1000", "1002", "1004", "1005", "1006", "1009", "1010", "1011", "1013"}
_LEAST, _MOST, _NAMED_FROM = 30, 2_000_000, 200_000


def create(desk: Desk, request: MockRequest, _values: dict[str, str], operation: str) -> MockReply:
    """Take in a transfer; the user has yet to confirm it."""
    body = read_body(operation, request)
    check(operation, body, magic.uncounted(TRANSFER, body, "transfer_remark"))
    check_notify_url(operation, body.get("notify_url"))
    if body["appid"] != desk.keys.appid:
        raise refused(operation, "INVALID_REQUEST", text(operation, "INVALID_REQUEST", "APPID"))
    if body["transfer_scene_id"] not in _SCENES:
        raise refused(operation, "INVALID_REQUEST", text(operation, "INVALID_REQUEST", "转账场景"))
    _check_reports(operation, body["transfer_scene_report_infos"])
    if not _LEAST <= body["transfer_amount"] <= _MOST:
        raise refused(operation, "INVALID_REQUEST", text(operation, "INVALID_REQUEST", "单笔转账上下限"))
    name = open_name(desk, request, body.get("user_name"), body["transfer_amount"])
    doomed = magic.fail_reason(body["transfer_remark"])
    if doomed is None:
        magic.provoke(operation, body, first=True)
    made = desk.transfers.request(body, name, doomed, request.headers.get("wechatpay-serial"))
    if name is not None and made.sealed_name is None:
        made.sealed_name = seal_name(desk, name)
    return MockReply.of_json(transfers.accepted(made))


def _check_reports(operation: str, reports: list[Any]) -> None:
    complete = all(isinstance(one, dict) and one.get("info_type") and one.get("info_content") for one in reports)
    if not reports or not complete:
        raise refused(operation, "PARAM_ERROR", text(operation, "PARAM_ERROR", "报备信息"))


def seal_name(desk: Desk, name: str) -> str:
    """Seal a name for the way down: there it is the merchant's certificate that it is sealed for."""
    return base64.b64encode(RsaOaepEncryptor("", desk.keys.merchant_certificate.key).encrypt(name.encode())).decode()


def open_name(desk: Desk, request: MockRequest, sealed: str | None, amount: int) -> str | None:
    """Open the name of a payee, which large amounts must have.

    Raises:
        RefusedError: it is missing, or is not sealed for the key that the request names.
    """
    if sealed is None:
        if amount >= _NAMED_FROM:
            raise wrong("transfer", "/user_name", None, "映射到字段“收款用户姓名”必填性规则校验失败，此字段为必填项")
        return None
    serial = request.headers.get("wechatpay-serial")
    if not serial:
        raise refused("gateway", "INVALID_REQUEST", text("gateway", "INVALID_REQUEST", "Wechatpay-Serial"))
    try:
        plain = RsaOaepDecryptor(serial, desk.gate.signers[serial].key).decrypt(base64.b64decode(sealed, validate=True))
        return plain.decode()
    except (ValueError, binascii.Error) as error:
        raise wrong("transfer", "/user_name", "***", "映射到字段“收款用户姓名”规则校验失败，敏感信息解密失败") from error


def _found(desk: Desk, operation: str, values: dict[str, str]) -> Transfer:
    found = desk.transfers.find(out_bill_no=values.get("out_bill_no"), transfer_bill_no=values.get("transfer_bill_no"))
    if found is None:
        raise refused("transfer", "NOT_FOUND")
    magic.provoke(operation, found.parameters, first=False)
    return found


def query(desk: Desk, _request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Tell the state of a transfer."""
    found = _found(desk, operation, values)
    if desk.transfers.settle(found, asked=True):
        desk.transfer_moved(found)
    return MockReply.of_json(transfers.shown(found, desk.keys.mchid))


def cancel(desk: Desk, _request: MockRequest, values: dict[str, str], operation: str) -> MockReply:
    """Accept a cancellation while the user has not confirmed; it is done by the next query."""
    found = _found(desk, operation, values)
    if found.state not in {"CANCELING", "CANCELLED"}:
        if (found.state, "cancel") not in transfers.STATES:  # which code it is, no page seen says: the general one is assumed
            raise refused(operation, "INVALID_REQUEST", f"当前转账单状态为{found.state}，不允许撤销")
        desk.transfers.move(found, "cancel")
    return MockReply.of_json(transfers.cancelled(found))


def control(desk: Desk, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
    """Let the user confirm, the money be on its way, or the transfer fail (``fail_reason``) or expire.

    Raises:
        ControlRefusedError: there is no such transfer, or it cannot happen to it.
    """
    found = desk.transfers.of_number(number)
    reason = {"fail": text_of(options, "fail_reason") or "OTHER_FAIL_REASON_TYPE", "expire": "OVERDUE_CLOSE"}.get(verb)
    desk.transfers.move(found, verb, reason)
    desk.transfer_moved(found)
    return transfers.shown(found, desk.keys.mchid)
