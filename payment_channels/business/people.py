"""Two people for what moves money or changes its rules: a maker who proposes, and a checker who is somebody else."""

import unicodedata

from payment_channels.model.refusals import InvalidRequestError

LONGEST = 1000
"""Letters of a name, a number or a reason: what any database can keep, and find again by an index."""
_LINES = frozenset("\n\t\r")
_UNSEEN = frozenset({"Cc", "Cf", "Cs"})


def named(who: str, field: str = "who") -> str:
    """Return a person's name, or another text that people give, without the blanks around it.

    Raises:
        InvalidRequestError: there is none, it is too long, or it has letters that no database keeps or nobody sees.
    """
    name = who.strip() if isinstance(who, str) else ""
    if not _seen(name):
        raise InvalidRequestError.because("须写明是谁", "say who does this", field=field)
    if len(name) > LONGEST or any(unicodedata.category(one) in {"Cc", "Cs"} and one not in _LINES for one in name):
        raise InvalidRequestError.because(
            f"{field} 过长（至多 {LONGEST} 字）或含有不可见的控制字符",
            f"{field} is longer than {LONGEST} letters, or has control characters in it",
            field=field,
        )
    return name


def checked_by_another(maker: str, checker: str) -> tuple[str, str]:
    """Return both names. One name in other letters (case, width, blanks, letters that nobody sees) is the same person's.

    Raises:
        InvalidRequestError: a name is missing, or both are the same person's.
    """
    made, checked = named(maker, "maker"), named(checker, "checker")
    if _seen(made) == _seen(checked):
        raise InvalidRequestError.because(
            f"{made} 不能复核自己经办的事，请由另一人复核", f"{made} cannot check what {made} made: another does", field="checker"
        )
    return made, checked


def _seen(name: str) -> str:
    """Return what makes a name another name to who reads it."""
    spread = unicodedata.normalize("NFKC", name).casefold()
    return "".join(one for one in spread if not one.isspace() and unicodedata.category(one) not in _UNSEEN)
