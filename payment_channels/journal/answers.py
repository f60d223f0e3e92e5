"""How an answer is written down and read again: under the name of its class, without what the catalogue knows by itself.

A cancellation may be told by a refund's query, so an order's kind alone does not say what its answers are. The catalogue's
entry of a code is left out: a released code never changes its meaning, and the texts that were shown are kept.
"""

import json
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter

from error_codes import Meaning, own
from error_codes.model import Canonical
from payment_channels.channel.verbs import RULES
from payment_channels.model.results import Result

RESULTS: dict[str, type[Result]] = {rule.result.__name__: rule.result for rule in RULES.values()}
_ENTRIES = TypeAdapter(Canonical)
_MEANINGS = ("meaning", "reason")
_LEFT_OUT: Any = {name: {"entry"} for name in _MEANINGS}
_LEFT_OUT |= {"lines": {"__all__": dict(_LEFT_OUT)}}
_EMPTY = dict.fromkeys(field.name for field in fields(Meaning))


def written(result: Result) -> bytes:
    """Write an answer down."""
    text = result.model_dump_json(exclude=_LEFT_OUT, exclude_none=True)
    return f"{type(result).__name__}\n{text}".encode()


def read(content: bytes) -> Result:
    """Read an answer.

    Raises:
        ValueError: it is none that this version can read.
    """
    name, _, text = content.partition(b"\n")
    kind = RESULTS.get(name.decode("ascii", "replace"))
    if kind is None:
        raise ValueError(f"an answer of the unknown kind {name!r}")
    held = json.loads(text)
    _complete(held)
    return kind.model_validate_json(json.dumps(held))


def _complete(held: dict[str, Any]) -> None:
    """Put the catalogue's entries back, in a batch's lines too."""
    for name in _MEANINGS:
        if held.get(name) is not None:
            code = held[name]["canonical"]
            try:
                entry = _ENTRIES.dump_python(own(code).entry, mode="json")
            except LookupError as error:
                raise ValueError(f"the code {code} is not in this version's catalogue") from error
            held[name] = _EMPTY | held[name] | {"entry": entry}
    for line in held.get("lines", ()):
        _complete(line)
