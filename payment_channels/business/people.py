"""Two people for what moves money or changes its rules: a maker who proposes, and a checker who is somebody else."""

from payment_channels.model.refusals import InvalidRequestError


def named(who: str, field: str = "who") -> str:
    """Return a person's name without the blanks around it.

    Raises:
        InvalidRequestError: there is no name.
    """
    name = who.strip()
    if not name:
        raise InvalidRequestError.because("须写明是谁", "say who does this", field=field)
    return name


def checked_by_another(maker: str, checker: str) -> tuple[str, str]:
    """Return both names.

    Raises:
        InvalidRequestError: a name is missing, or both are the same person's.
    """
    made, checked = named(maker, "maker"), named(checker, "checker")
    if made.casefold() == checked.casefold():
        raise InvalidRequestError.because(
            f"{made} 不能复核自己经办的事，请由另一人复核", f"{made} cannot check what {made} made: another does", field="checker"
        )
    return made, checked
