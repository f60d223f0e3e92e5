"""The control plane: JSON in and out under one prefix, and an answer that helps when something was asked wrongly."""

from collections.abc import Callable
from typing import Any, Protocol

from mocks.clock import Clock
from mocks.control import ControlRefusedError
from mocks.faults import KINDS, FaultRefusedError, Faults
from mocks.wire import MockReply, MockRequest, json_of

PREFIX = "/_mock"


class _Controlled(Protocol):
    def controls(self) -> dict[str, list[str]]: ...
    def control(self, things: str, number: str, verb: str, options: dict[str, Any]) -> dict[str, Any]: ...


class _World(Protocol):
    clock: Clock
    faults: Faults

    @property
    def log(self) -> Any: ...
    @property
    def channels(self) -> dict[str, Any]: ...
    def books(self) -> dict[str, Any]: ...
    def reset(self) -> None: ...
    def tick(self) -> None: ...
    def serves(self) -> Any: ...


class Panel:
    """Answers the requests of the control plane of one world."""

    def __init__(self, world: _World) -> None:
        """Hold the world."""
        self._world = world
        self._routes: dict[tuple[str, str], tuple[Callable[[dict[str, Any], dict[str, str]], Any], str]] = {
            ("GET", "/"): (self._index, "这里有什么 / what is served here"),
            ("GET", "/health"): (self._health, "是否在运行 / whether it runs"),
            ("GET", "/books"): (
                self._books,
                "发生了什么，按渠道；?channel= 只看一个 / what happened, by channel; ?channel= for one",
            ),
            ("GET", "/log"): (
                self._log,
                "最近的请求与拒绝原因；?last=N、?channel= / the last requests and why they were refused; ?last=N, ?channel=",
            ),
            ("GET", "/notifications"): (
                self._notifications,
                "已发与待发的通知，按渠道 / what was posted or is to be, by channel",
            ),
            ("GET", "/faults"): (self._faults, "等待中的故障与故障种类 / the faults in waiting, and the kinds there are"),
            ("POST", "/faults"): (self._add_fault, '再加一个 / one more: {"kind": "lose_reply", "path": "/native", "times": 1}'),
            ("DELETE", "/faults"): (self._clear_faults, "清空故障 / forget the faults"),
            ("POST", "/reset"): (self._reset, "清空账簿与故障，回到真实时间 / empty books, no faults, real time"),
            ("GET", "/clock"): (self._clock, "业务时间 / business time"),
            ("POST", "/clock/advance"): (self._advance, '业务时间前进 / move business time forward: {"seconds": 3600}'),
        }

    def serves(self) -> list[str]:
        """Return what can be asked for, a line each."""
        lines = [f"{method} {PREFIX}{path}: {text}" for (method, path), (_, text) in self._routes.items()]
        for name, channel in self._world.channels.items():
            for things, verbs in channel.controls().items():
                lines.append(f"POST {PREFIX}/{name}/{things}/{{number}}/{'|'.join(verbs)}")
        return lines

    def handle(self, request: MockRequest) -> MockReply:
        """Answer one request; an error is JSON too, and says what would have been right."""
        try:
            return MockReply.of_json(self._answer(request))
        except ControlRefusedError as error:
            return MockReply.of_json({"error": str(error)}, error.status)
        except (FaultRefusedError, ValueError) as error:
            return MockReply.of_json({"error": str(error)}, 400)

    def _answer(self, request: MockRequest) -> Any:
        path = "/" + request.path.removeprefix(PREFIX).strip("/")
        content = _content(request)
        route = self._routes.get((request.method, path))
        if route is not None:
            return route[0](content, request.parameters)
        others = [method for method, known in self._routes if known == path]
        if others:
            raise ControlRefusedError(
                f"{PREFIX}{path} 只接受 {', '.join(others)}，不是 {request.method}",
                f"{PREFIX}{path} takes {', '.join(others)}, not {request.method}",
                status=405,
            )
        parts = request.segments[1:]
        if len(parts) != 4 or parts[0] not in self._world.channels:  # noqa: PLR2004  channel, things, number, verb
            raise ControlRefusedError(
                f"没有 {PREFIX}{path}；有的见后", f"{PREFIX}{path} is unknown; there are: {'; '.join(self.serves())}", status=404
            )
        if request.method != "POST":
            raise ControlRefusedError(
                f"{PREFIX}{path} 只接受 POST，不是 {request.method}",
                f"{PREFIX}{path} takes POST, not {request.method}",
                status=405,
            )
        channel: _Controlled = self._world.channels[parts[0]]
        return channel.control(parts[1], parts[2], parts[3], content)

    def _index(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        return {"serves": list(self._world.serves())}

    def _health(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        return {"status": "ok", "channels": list(self._world.channels)}

    def _books(self, _content: dict[str, Any], query: dict[str, str]) -> Any:
        self._world.tick()
        books = self._world.books()
        channel = query.get("channel")
        if channel is None:
            return books
        if channel not in books:
            raise ControlRefusedError(
                f"没有渠道 {channel!r}；有：{', '.join(books)}",
                f"no channel {channel!r}; there are: {', '.join(books)}",
                status=404,
            )
        return books[channel]

    def _log(self, _content: dict[str, Any], query: dict[str, str]) -> Any:
        entries = [entry for entry in self._world.log if query.get("channel") in {None, entry["channel"]}]
        last = query.get("last", "")
        return {"log": entries[-int(last) :] if last.isdecimal() and int(last) else entries}

    def _notifications(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        self._world.tick()
        return {name: [one.shown() for one in channel.notices.all] for name, channel in self._world.channels.items()}

    def _faults(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        kinds = {kind: {"takes": list(takes), "does": text} for kind, (takes, text) in KINDS.items()}
        return {"faults": self._world.faults.shown(), "kinds": kinds}

    def _add_fault(self, content: dict[str, Any], _query: dict[str, str]) -> Any:
        channel = content.get("channel")
        if channel is not None and channel not in self._world.channels:
            raise FaultRefusedError(
                f"没有渠道 {channel!r}；有：{', '.join(self._world.channels)}",
                f"no channel {channel!r}; there are: {', '.join(self._world.channels)}",
            )
        return self._world.faults.add(content).shown()

    def _clear_faults(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        self._world.faults.clear()
        return self._faults({}, {})

    def _reset(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        self._world.reset()
        return {"reset": True}

    def _clock(self, _content: dict[str, Any], _query: dict[str, str]) -> Any:
        return {
            "now": self._world.clock.now().isoformat(timespec="seconds"),
            "real": self._world.clock.real().isoformat(timespec="seconds"),
        }

    def _advance(self, content: dict[str, Any], _query: dict[str, str]) -> Any:
        seconds = content.get("seconds")
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise ControlRefusedError(
                f'seconds 是 {seconds!r}；应为数字，如 {{"seconds": 3600}}',
                f'seconds is {seconds!r}; it should be a number, as in {{"seconds": 3600}}',
                status=400,
            )
        self._world.clock.advance(seconds)
        self._world.tick()
        return self._clock({}, {})


def _content(request: MockRequest) -> dict[str, Any]:
    if not request.body.strip():
        return {}
    try:
        content = json_of(request.body)
    except ValueError as error:
        raise ControlRefusedError(f"请求体不是 JSON：{error}", f"the body is not JSON: {error}", status=400) from error
    if not isinstance(content, dict):
        raise ControlRefusedError(
            f"请求体应为 JSON 对象，不是 {type(content).__name__}",
            f"the body should be a JSON object, not {type(content).__name__}",
            status=400,
        )
    return content
