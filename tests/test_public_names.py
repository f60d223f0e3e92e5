"""The public names and signatures stand in a file; whoever changes one changes the file, and sees what he does."""

import inspect
from enum import EnumMeta
from pathlib import Path
from typing import Any

import error_codes
import payment_channels

HELD = Path(__file__).parent / "public_names.txt"


def functions_of(thing: Any) -> list[tuple[str, Any]]:
    return inspect.getmembers(thing, inspect.isfunction)


def described(name: str, thing: Any) -> list[str]:
    """One line a name: an enum's members, a model's fields, a class's methods, a function's signature."""
    if isinstance(thing, EnumMeta):
        members: Any = thing.__members__
        values = [str(member.value) for member in members.values()]
        return [f"{name}: enum {' '.join(values)}"]
    if inspect.isclass(thing):
        lines = [f"{name}: class of {' '.join(parent.__name__ for parent in thing.__bases__)}"]
        fields: dict[str, Any] = getattr(thing, "model_fields", {})
        lines += [f"{name}.{field}: {'required' if info.is_required() else 'optional'}" for field, info in sorted(fields.items())]
        own = [
            (key, method)
            for key, method in functions_of(thing)
            if not key.startswith("_") and "pydantic" not in method.__module__
        ]
        lines += [f"{name}.{key}{inspect.signature(method)}" for key, method in own]
        properties = inspect.getmembers(thing, lambda one: isinstance(one, property))
        return lines + [f"{name}.{key}: property" for key, _ in properties if not key.startswith(("_", "model_"))]
    if inspect.isfunction(thing) or inspect.ismethod(thing):
        return [f"{name}{inspect.signature(thing)}"]
    return [f"{name}: {type(thing).__name__}"]


def actual() -> str:
    lines: list[str] = []
    for package in (payment_channels, error_codes):
        for name in sorted(set(package.__all__)):
            if name not in {"__version__", "CanonicalCode"}:  # the catalogue's codes have a released list of their own
                lines += described(f"{package.__name__}.{name}", getattr(package, name))
    return "\n".join(lines) + "\n"


def test_the_public_names_and_signatures_are_held() -> None:
    found = actual()
    held = HELD.read_text(encoding="utf-8")
    changed = sorted(set(found.splitlines()) ^ set(held.splitlines()))
    assert found == held, (
        f"public names changed; if meant, run `python -m tests.test_public_names` and write a decision: {changed[:10]}"
    )


if __name__ == "__main__":
    HELD.write_text(actual(), encoding="utf-8")
