"""What every model has in common: immutable, no unknown fields, and nothing secret in its repr."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from payment_channels.model.refusals import InvalidRequestError, RefusedError

Moment = AwareDatetime
"""A point in time with its zone; a naive datetime is refused, since nobody could say which bank's clock it shows."""


@dataclass(frozen=True, slots=True)
class Masked:
    """Marks a field that must not be printed; ``keep`` trailing characters stay visible."""

    keep: int = 0

    def cover(self, value: object) -> str:
        """Return what may be shown of ``value``."""
        text = str(value)
        return "***" + text[-self.keep :] if 0 < self.keep < len(text) else "***"


_set = object.__setattr__  # the models are frozen

AccountNumber = Annotated[str, Masked(keep=4)]
PersonName = Annotated[str, Masked()]
Secret = Annotated[str, Masked()]


def _mark(annotation: Any, metadata: Iterable[Any]) -> Masked | None:
    """Find the mark on a field, also inside ``AccountNumber | None``, where pydantic leaves it in the annotation."""
    for extra in (*metadata, *getattr(annotation, "__metadata__", ())):
        if isinstance(extra, Masked):
            return extra
    return next((mark for part in get_args(annotation) if (mark := _mark(part, ())) is not None), None)


class Record(BaseModel):
    """Base of all models. Its repr and str cover every field that is marked ``Masked``."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, ser_json_bytes="base64", val_json_bytes="base64"
    )

    _masks: ClassVar[dict[str, Masked]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Remember which fields are marked, once a class."""
        found = {name: _mark(info.annotation, info.metadata) for name, info in cls.model_fields.items()}
        cls._masks = {name: mark for name, mark in found.items() if mark is not None}

    @classmethod
    def of_checked(cls, fields: dict[str, Any]) -> Self:
        """Make a record of all its fields, each checked before and of its very type; ``fields`` becomes the record's own.

        What pydantic's ``model_construct`` does, at a quarter of its cost: validating every result once more was a quarter
        of what a call costs above the bare protocol.
        """
        made = cls.__new__(cls)
        _set(made, "__dict__", fields)
        _set(made, "__pydantic_fields_set__", set(fields))
        _set(made, "__pydantic_extra__", None)
        _set(made, "__pydantic_private__", None)
        return made

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show the fields that are set, with the marked ones covered."""
        for name, value in super().__repr_args__():
            if value is None:
                continue
            mark = self._masks.get(name or "")
            yield name, (mark.cover(value) if mark else value)

    __str__ = BaseModel.__repr__


class Request(Record):
    """Base of what a core asks for. A wrong field is a refusal with a canonical code, in both languages."""

    _refusal: ClassVar[type[RefusedError]] = InvalidRequestError

    if not TYPE_CHECKING:  # type checkers keep the fields' own signature

        def __init__(self, **fields: Any) -> None:
            """Check the fields.

            Raises:
                InvalidRequestError: a field is missing, unknown or malformed.
            """
            try:
                super().__init__(**fields)
            except ValidationError as error:
                raise refusal(type(self).__name__, error, self._refusal) from None


def refusal(name: str, error: ValidationError, kind: type[RefusedError] = InvalidRequestError) -> RefusedError:
    """Turn pydantic's findings into one refusal that names the fields and never shows their content."""
    findings = [
        (".".join(str(part) for part in found["loc"]) or name, found["msg"]) for found in error.errors(include_input=False)
    ]
    fields = "、".join(place for place, _ in findings)
    sentence = "; ".join(f"{place}: {message}" for place, message in findings)
    return kind.because(
        f"{name} 的字段不正确：{fields}（{sentence}）",
        f"{name} has wrong fields: {sentence}",
        field=findings[0][0],
    )
