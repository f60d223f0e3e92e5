"""A request once it is verified, whichever protocol it came by, and what is answered to it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked for. ``certified`` says that the caller named its certificate, and so has to be answered with one."""

    operation: str
    biz: dict[str, Any]
    origin: str
    notify_url: str | None = None
    certified: bool = False
    charset: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered: the fields, and the gateway's code if it is not 10000."""

    content: dict[str, Any] = field(default_factory=dict)
    code: str = "10000"
