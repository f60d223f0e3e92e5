"""The control plane's hand on notifications: send one again, or send a forged one, which must not be believed."""

from typing import Any

from mocks.lianlian.desk import Desk


def control(desk: Desk, number: str, verb: str, _options: dict[str, Any]) -> dict[str, Any]:
    """Post a notification once more, or a forged copy of it.

    Raises:
        ControlRefusedError: there is no such notification.
    """
    notice = desk.herald.notices.of_number(number)
    if verb == "forge":
        return desk.herald.forged(notice).shown()
    desk.herald.notices.again(notice)
    return notice.shown()
