"""The control plane's hand on notifications: send one again, or send a forged one, as the platform itself does to probe."""

from typing import Any

from mocks.notices import Notice
from mocks.wechat.desk import Desk


def resend(desk: Desk, number: str, verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    """Post a notification once more; one that is forged carries a signature that must not be believed.

    Raises:
        ControlRefusedError: there is no such notification.
    """
    notice = desk.herald.notices.of_number(number)
    if verb == "forge":
        return _forged(desk, notice).shown()
    desk.herald.notices.again(notice)
    return notice.shown()


def _forged(desk: Desk, notice: Notice) -> Notice:
    def write() -> tuple[dict[str, str], bytes]:
        headers, body = notice.write()
        signature = headers["Wechatpay-Signature"]
        return headers | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + signature[19:]}, body

    return desk.herald.notices.add(notice.event, notice.about, notice.url, write, ())
