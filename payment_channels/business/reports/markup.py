"""HTML and SVG, built of elements alone: whatever is not an element is text and is escaped, so that no data becomes markup."""

from html import escape

from payment_channels.business.reports.sheets import Words

_UNSEEN = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
"""Controls, and what turns the direction of a line: a name must not look like another."""
VOID = frozenset({"meta", "input", "wbr"})
"""What HTML does not close; a shape of SVG is closed, or what follows would lie within it."""


class Markup(str):
    """Markup that ``element`` made; any other text is escaped where it is put in."""

    __slots__ = ()


def element(tag: str, /, *inside: str, **attributes: str | float | None) -> Markup:
    """Make an element. An attribute's name ends in ``_`` where Python has the word, and has ``_`` where HTML has ``-``."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    content = joined(*inside)
    return Markup(f"<{tag}{told}>" if tag in VOID else f"<{tag}{told}>{content}</{tag}>")


def joined(*parts: str) -> Markup:
    """Put parts one after another."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part.translate(_UNSEEN)) for part in parts))


def coded(text: str) -> Markup:
    """Write a code or a name, which a line may be broken in after its underscores."""
    first, *rest = text.split("_")
    return element("code", first, *(joined("_", element("wbr"), part) for part in rest))


def both(words: Words, name: str = "span") -> Markup:
    """Write a text in both languages, of which the page shows one; a text that is the same in both stands once."""
    if words.zh == words.en:
        return joined(words.zh)
    return joined(element(name, words.zh, lang="zh-CN"), element(name, words.en, lang="en"))
