"""Addresses that a channel or a payer's browser is given: http or https, written in signs that everybody reads alike."""

from urllib.parse import SplitResult, urlsplit

SCHEMES = frozenset({"http", "https"})


def parts_of(text: str) -> SplitResult | None:
    """Return the parts of an absolute http or https address in printable ASCII without blanks; None where it is none.

    ``urlsplit`` drops tabs and line ends wherever they stand, and blanks and control signs in front: what it says of such a text
    is not of what would be sent.
    """
    if not text.isascii() or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        known = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, or a port that is no number
        return None
    return parts if known else None
