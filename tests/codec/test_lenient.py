"""A field that decides nothing is absent where it is not as documented; the rest of the answer is read."""

from datetime import datetime
from typing import Annotated, Any

import pytest
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Strict, ValidationError

from payment_channels.codec.lenient import OrAbsent, Text


def _strict(value: Any) -> Any:
    if value == "never":
        raise ValueError("never")
    return value


class Within(BaseModel):
    name: str


class Answer(BaseModel):
    code: str
    text: Text = None
    time: Annotated[AwareDatetime | None, OrAbsent()] = None
    fen: Annotated[Annotated[int, Strict()] | None, OrAbsent()] = None
    within: Annotated[Within | None, OrAbsent()] = None
    checked: Annotated[Annotated[str, BeforeValidator(_strict)] | None, OrAbsent()] = None


@pytest.mark.parametrize(
    ("field", "good", "odd"),
    [
        ("text", "tea", [1, {}, [], True, 1.5]),
        ("time", "2026-06-01T00:00:00Z", ["2026-06-01T00:00:00", "soon", {}, []]),
        ("fen", 100, ["100", 1.5, True, {}]),
        ("within", {"name": "x"}, [{"name": 1}, {}, "x", []]),
        ("checked", "now", ["never", 1, {}]),
    ],
)
def test_what_is_not_as_documented_is_absent(field: str, good: Any, odd: list[Any]) -> None:
    assert getattr(Answer.model_validate({"code": "1", field: good}), field) is not None
    for value in [None, *odd]:
        answer = Answer.model_validate({"code": "1", field: value})
        assert (answer.code, getattr(answer, field)) == ("1", None), value


def test_what_decides_is_demanded_all_the_same() -> None:
    for wrong in ({}, {"code": None}, {"code": 1}):
        with pytest.raises(ValidationError):
            Answer.model_validate({**wrong, "text": "tea"})
    assert Answer.model_validate_json('{"code":"1","time":"2026-06-01T08:00:00+08:00"}').time == datetime.fromisoformat(
        "2026-06-01T00:00:00+00:00"
    )
