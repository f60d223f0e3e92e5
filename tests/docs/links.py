"""Follow every link of the built site: files, anchors, scripts and styles; nothing may be loaded from a network.

``python -m tests.docs.links site`` prints what leads nowhere. mkdocs checks the links of its pages; this checks the links
of what it made of them, the finder's and the downloads among them.
"""

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
NOT_OURS = {"404.html"}  # the theme's own, with addresses for a server's root
FINDER = "find.html"  # the finder reads its fragments itself; the browser's tests follow them


class Content(HTMLParser):
    """What a page links to, loads, and can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := named.get(name))}
        if tag == "a" and (href := named.get("href")):
            self.links.add(href)
        if tag in LOADED and (source := named.get(LOADED[tag])):
            self.loaded.add(source)


def broken(site: Path) -> Iterator[str]:
    """Give a sentence for each link that leads nowhere, each thing loaded from elsewhere, and each page without its twin."""
    pages = {path: Content(path) for path in sorted(site.rglob("*.html")) if path.name not in NOT_OURS}
    for path, content in pages.items():
        name = path.relative_to(site)
        for address in sorted(content.loaded | content.links):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                if address in content.loaded:
                    yield f"{name} loads {address}: it must work without a network"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{name} links to {address}, and there is no such file"
            elif (
                parts.fragment
                and target in pages
                and target.name != FINDER
                and unquote(parts.fragment) not in pages[target].anchors
            ):
                yield f"{name} links to {address}, and there is no such anchor"
        for anchor in sorted(one for one in content.anchors if one[:1].isdigit()):
            yield f"{name} has the anchor {anchor}: the theme's script fails on a digit in front; begin the heading with a word"
        yield from without_twin(path, content, site)


def without_twin(path: Path, content: Content, site: Path) -> Iterator[str]:
    """Every page leads to itself in the other language."""
    language, *rest = path.relative_to(site).parts
    if language not in {"zh", "en"}:
        return
    twin = site / ("en" if language == "zh" else "zh") / Path(*rest)
    reached = {(path.parent / unquote(urlsplit(link).path)).resolve() for link in content.links if not urlsplit(link).scheme}
    if twin.resolve() not in reached:
        yield f"{path.relative_to(site)} does not link to itself in the other language"


def main(folder: str) -> int:
    """Print what is broken; return the exit status."""
    site = Path(folder).resolve()
    found = list(broken(site))
    for sentence in found:
        sys.stdout.write(f"{sentence}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
