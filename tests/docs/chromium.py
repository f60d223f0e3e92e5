"""A headless Chromium for the tests of the site: DevTools protocol over a pipe, so that nothing is installed but the browser.

``CHROMIUM`` names the program where it is not found by itself. The browser has a fresh profile and asks no network.
"""

import base64
import itertools
import json
import os
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-ipc-flooding-protection",  # else each 200th change of address is dropped, and who waits for it waits for ever
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # a page that asked the network would be seen to fail
    "--remote-debugging-pipe",
)
PATIENCE = 90.0


def program() -> str | None:
    """Return the browser's program, or None where there is none."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab."""

    def __init__(self, browser: "Browser", session: str) -> None:
        self.browser = browser
        self.session = session
        self.problems: list[str] = []

    def ask(self, method: str, **params: Any) -> Any:
        """Send one command of the protocol and return its result."""
        return self.browser.ask(method, params, self)

    def open(self, url: str, *, width: int = 1280, height: int = 900) -> None:
        """Go to an address and wait until it is loaded."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self.ask("Page.navigate", url="about:blank")
        self.problems.clear()
        self.ask("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def run(self, script: str) -> Any:
        """Evaluate a script and return its value.

        Raises:
            RuntimeError: it threw.
        """
        told = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise RuntimeError(f"{script}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def wait(self, condition: str) -> None:
        """Wait until a script says true.

        Raises:
            TimeoutError: it never did.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.run(condition):
                return
            time.sleep(0.02)
        raise TimeoutError(f"never true in the page: {condition}")

    def type(self, text: str) -> None:
        """Type into what has the focus, as a keyboard or an input method does."""
        self.ask("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """Press and release a key by its name and its Windows virtual-key code."""
        text = {"Enter": "\r", "/": "/"}.get(key)
        more = {"text": text} if text else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **more)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Take a screenshot."""
        told = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))


class Browser:
    """The browser at the other end of two pipes: messages are JSON, each ended by a zero byte."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._write, self._read = to_browser, from_browser
        self._numbers = itertools.count(1)
        self._rest = b""
        self._pages: dict[str, Page] = {}

    def ask(self, method: str, params: dict[str, Any], page: Page | None = None) -> Any:
        """Send a command and return its result; what happens in pages meanwhile is noted on them.

        Raises:
            RuntimeError: the browser refused it.
        """
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params, **({"sessionId": page.session} if page else {})}
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            told = self._next(method)
            if told.get("id") == number:
                if "error" in told:
                    raise RuntimeError(f"{method}: {told['error']}")
                return told["result"]
            self._note(told)

    def _next(self, awaited: str) -> Any:
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self._rest:
            left = max(deadline - time.monotonic(), 0)
            if not select.select([self._read], [], [], left)[0]:
                raise TimeoutError(f"the browser does not answer {awaited}")
            came = os.read(self._read, 1 << 20)
            if not came:
                raise RuntimeError(f"the browser has ended before it answered {awaited}")
            self._rest += came
        one, _, self._rest = self._rest.partition(b"\0")
        return json.loads(one)

    def _note(self, told: dict[str, Any]) -> None:
        page = self._pages.get(told.get("sessionId", ""))
        if page is None:
            return
        what, params = told.get("method", ""), told.get("params", {})
        if what == "Runtime.exceptionThrown":
            page.problems.append(json.dumps(params["exceptionDetails"], ensure_ascii=False))
        elif what == "Network.loadingFailed" and not params.get("canceled"):
            page.problems.append(f"not loaded: {params}")
        elif what == "Network.requestWillBeSent" and not params["request"]["url"].startswith(("file:", "data:", "about:")):
            page.problems.append(f"asked the network: {params['request']['url']}")
        elif what == "Page.javascriptDialogOpening":
            page.problems.append(f"a dialog opened: {params}")

    def page(self) -> Page:
        """Open a tab."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Network"):
            page.ask(f"{domain}.enable")
        return page


@contextmanager
def browsing(path: str) -> Iterator[Browser]:
    """Run the browser for a while, in a folder that is thrown away."""
    to_browser, from_browser = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = shlex.join([path, *FLAGS, f"--user-data-dir={folder}/profile", "about:blank"])
        # The protocol wants its pipes at the file descriptors 3 and 4.
        shell = f"exec {command} 3<&{to_browser[0]} 4>&{from_browser[1]}"
        process = subprocess.Popen(
            ["/bin/bash", "-c", shell],
            pass_fds=(to_browser[0], from_browser[1]),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": folder},
        )
        os.close(to_browser[0])
        os.close(from_browser[1])
        browser = Browser(to_browser[1], from_browser[0])
        try:
            yield browser
        finally:
            try:
                browser.ask("Browser.close", {})
                process.wait(PATIENCE)
            except (OSError, RuntimeError, TimeoutError, subprocess.TimeoutExpired):
                process.kill()
                process.wait()
            os.close(to_browser[1])
            os.close(from_browser[0])
