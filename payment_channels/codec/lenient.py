"""Fields of an answer that decide nothing: what is not as documented is read as absent, and costs nobody the outcome.

What decides (ids, states, codes, amounts, currencies) is plain ``str | None``: an odd one read as absent would switch off the
comparison that it is there for.
"""

from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class OrAbsent:
    """Marks an optional field: ``Annotated[str | None, OrAbsent()]`` is None where it is something else than a text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Let the validator itself fall back: no call into Python, where most answers have several such fields."""
        return core_schema.with_default_schema(handler(source), default=None, on_error="default")


Text = Annotated[str | None, OrAbsent()]
