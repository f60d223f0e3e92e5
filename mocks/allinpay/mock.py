"""The Allinpay mock: finds whose a request is, has it checked, done, answered and signed, and shows its books."""

from collections.abc import Callable
from typing import Any

from mocks.allinpay import telling, tlt_door, tlt_operations, tlt_payouts, vsp_door, vsp_files, vsp_operations, vsp_results
from mocks.allinpay.desk import Desk
from mocks.allinpay.keys import AllinpayKeys
from mocks.allinpay.vsp_fields import OPERATIONS
from mocks.clock import Clock
from mocks.control import no_such_things, no_such_verb
from mocks.faults import Fault
from mocks.notices import Notices
from mocks.wire import MockReply, MockRequest

Verb = Callable[[Desk, str, str, dict[str, Any]], dict[str, Any]]
CONTROLS: dict[str, dict[str, Verb]] = {
    "orders": dict.fromkeys(("pay", "fail", "expire", "pay_late"), vsp_operations.control(("pay", "scan"))),
    "refunds": dict.fromkeys(("complete", "fail", "hold", "notify"), vsp_operations.control(("refund",))),
    "cancels": dict.fromkeys(("complete", "fail", "hold", "notify"), vsp_operations.control(("cancel",))),
    "payouts": dict.fromkeys(("complete", "fail", "hold", "return"), tlt_operations.control),
    "batches": {"reject": tlt_operations.control_batch},
    "notifications": dict.fromkeys(("resend", "forge"), telling.control),
}
_BEGINNINGS = ("/apiweb/", "/aipg/")


class AllinpayMock:
    """Allinpay for one merchant: 收银宝 (VSP), which collects, and 通联通 (TLT), which pays out."""

    name = "allinpay"

    def __init__(self, keys: AllinpayKeys, clock: Clock | None = None) -> None:
        """Open with empty books."""
        self.desk = Desk(keys, clock or Clock())

    def reset(self) -> None:
        """Forget everything that was asked for."""
        self.desk.reset()

    def tick(self) -> None:
        """Let time do its work."""
        self.desk.tick()

    @property
    def notices(self) -> Notices:
        """The notifications in waiting."""
        return self.desk.herald.notices

    def serves(self) -> list[str]:
        """Return what can be asked for, a line each."""
        return [
            *(f"POST {path}" for path in OPERATIONS),
            f"GET {vsp_files.PATH} （某日文件的下载地址 / the address of a day's file）",
            f"POST {tlt_operations.PATH} TRX_CODE {', '.join(tlt_operations.OPERATIONS)}",
        ]

    def owns(self, path: str) -> int:
        """Say how much of a path is this channel's."""
        return max((len(one) for one in _BEGINNINGS if path.startswith(one)), default=0)

    def handle(self, request: MockRequest, fault: Fault | None = None) -> MockReply:
        """Answer one request. A ``fault`` of the kinds that only the channel can play is played."""
        self.desk.tick()
        posted = request.path in OPERATIONS or request.path == tlt_operations.PATH
        if not posted and request.path != vsp_files.PATH:
            return MockReply(404, note={"reason": "no such path"})  # that unknown paths and methods are empty is assumed
        if request.method != ("POST" if posted else "GET"):
            return MockReply(405, note={"reason": "another method"})
        if not posted:
            return vsp_files.download(self.desk, request)
        if request.path == tlt_operations.PATH:
            return tlt_door.answered(self.desk, request, fault)
        return vsp_door.answered(self.desk, request, fault)

    def books(self) -> dict[str, Any]:
        """Return what happened, as the channel knows it, and the sums of what was moved."""
        self.desk.tick()
        now, trades, packages = self.desk.now(), self.desk.trades.all, list(self.desk.payouts.all.values())
        kinds = {"orders": ("pay", "scan"), "refunds": ("refund",), "cancels": ("cancel",)}
        return {
            **{name: [vsp_results.shown(one) for one in trades.values() if one.kind in kind] for name, kind in kinds.items()},
            "payouts": [tlt_payouts.shown(package, line, now) for package in packages for line in package.lines],
            "sums": vsp_results.sums(trades) | tlt_payouts.sums(packages),
        }

    def controls(self) -> dict[str, list[str]]:
        """Return what can be let happen, to which things."""
        return {things: list(verbs) for things, verbs in CONTROLS.items()}

    def control(self, things: str, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]:
        """Do what the payer, the clock or the bank would do.

        Raises:
            ControlRefusedError: there is no such thing or verb, or it cannot happen now.
        """
        verbs = CONTROLS.get(things)
        if verbs is None:
            raise no_such_things("allinpay", things, CONTROLS)
        if verb not in verbs:
            raise no_such_verb(things, verb, verbs)
        return verbs[verb](self.desk, number, verb, options)
