"""What every model has in common: immutable, no unknown fields, and nothing secret in its repr."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from payment_channels.model.refusals import Finding, InvalidRequestError, RefusedError

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


_new = object.__new__
_put_values, _put_fields_set, _put_extra, _put_private = (
    vars(BaseModel)[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
"""Write the four parts of a model, frozen or not; ``object.__setattr__`` would look each one up along the class's bases."""

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
        made = _new(cls)
        _put_values(made, fields)
        _put_fields_set(made, set(fields))  # its own: ``model_fields_set`` hands out this very set
        _put_extra(made, None)
        _put_private(made, None)
        return made

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show the fields that are set, with the marked ones covered."""
        for name, value in super().__repr_args__():
            if value is None:
                continue
            mark = self._masks.get(name or "")
            yield name, (mark.cover(value) if mark else value)

    __str__ = BaseModel.__repr__


class Checked(Record):
    """Base of what leads to a payment: no copy of it goes unchecked, as pydantic's copies do."""

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with the fields of ``update``, checked as what is made anew is: a wrong one is refused."""
        copy = super().model_copy(update=update, deep=deep)
        if not update:
            return copy
        held = vars(copy)
        return type(self)(**{name: held[name] for name in copy.model_fields_set})

    if not TYPE_CHECKING:  # type checkers keep the signature that they make of a class's fields

        @classmethod
        def model_construct(cls, _fields_set: set[str] | None = None, **values: Any) -> Self:
            """Make one as the class itself does: there is no way round the checks."""
            return cls(**values)


class Request(Checked):
    """Base of what a core asks for. A wrong field is a refusal with a canonical code, in both languages."""

    _refusal: ClassVar[type[RefusedError]] = InvalidRequestError

    if not TYPE_CHECKING:  # type checkers keep the fields' own signature

        def __init__(self, /, **fields: Any) -> None:
            """Check the fields.

            Raises:
                InvalidRequestError: a field is missing, unknown or malformed.
            """
            try:
                self.__pydantic_validator__.validate_python(fields, self_instance=self)  # as the base class does
            except ValidationError as error:
                raise refusal(type(self).__name__, error, self._refusal) from None


def refusal(name: str, error: ValidationError, kind: type[RefusedError] = InvalidRequestError) -> RefusedError:
    """Turn pydantic's findings into one refusal that names the fields and never shows their content."""
    findings = [finding for found in error.errors(include_input=False) for finding in _findings(found)]
    refused = kind.because(
        f"{name} 的字段不正确：" + "；".join(_said(one.place, one.zh, "：") for one in findings),
        f"{name} has wrong fields: " + "; ".join(_said(one.place, one.en, ": ") for one in findings),
        field=findings[0].place or name,
    )
    refused.findings = tuple(findings)
    return refused


def _findings(found: ErrorDetails) -> Iterator[Finding]:
    """What pydantic found at one place; of a model within, which has refused already, what that one found."""
    place = ".".join(str(part) for part in found["loc"])
    within = found.get("ctx", {}).get("error")
    if isinstance(within, RefusedError) and within.findings:
        for one in within.findings:
            yield Finding(".".join(part for part in (place, one.place) if part), one.zh, one.en)
    else:
        said = found["msg"].removeprefix("Value error, ")
        zh, en = (
            (text.format(**found.get("ctx", {})) for text in _WORDS[found["type"]]) if found["type"] in _WORDS else (said, said)
        )
        yield Finding(place, zh, en)


def _said(place: str, text: str, colon: str) -> str:
    return f"{place}{colon}{text}" if place else text


_WORDS = {
    "extra_forbidden": ("没有此项，请检查名称", "there is no such field: look at its name"),
    "missing": ("必填", "it is required"),
    "int_type": ("须为整数", "it must be an integer"),
    "string_type": ("须为文字", "it must be a text"),
    "bool_type": ("须为 true 或 false", "it must be true or false"),
    "enum": ("只能写 {expected}", "write {expected}"),
    "literal_error": ("只能写 {expected}", "write {expected}"),
    "greater_than": ("须大于 {gt}", "it must be more than {gt}"),
    "greater_than_equal": ("不能小于 {ge}", "it must be at least {ge}"),
    "less_than": ("须小于（早于）{lt}", "it must be less than {lt}, or earlier"),
    "string_too_short": ("至少 {min_length} 个字符", "at least {min_length} characters are needed"),
    "string_too_long": ("至多 {max_length} 个字符", "at most {max_length} characters are allowed"),
}
"""What pydantic says in English alone, and in words of its own, said for those who write the field."""
