"""The control plane's hand on notifications: send one again, or send a forged one that must not be believed."""

from typing import Any
from urllib.parse import parse_qs, urlencode

from mocks.alipay.desk import Desk
from mocks.notices import Notice


def resend(desk: Desk, number: str, verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    """Post a notification once more; one that is forged says another amount under the same signature.

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
        values = {name: value[0] for name, value in parse_qs(body.decode("ascii"), encoding="latin-1").items()}
        values["total_amount"] = "0.01" if values["total_amount"] != "0.01" else "0.02"
        return headers, urlencode(values, encoding="latin-1").encode()

    return desk.herald.notices.add(notice.event, notice.about, notice.url, write, ())
