"""Load the tables: the canonical catalogue and one table a channel, each once, when it is first asked for.

They are written in TOML, since YAML reads ``00`` as 0 and lets a duplicate key win silently, and read in their compiled form.
"""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from error_codes import compiled
from error_codes.model import (
    Basis,
    Canonical,
    Category,
    Checked,
    Decline,
    Disclosure,
    Effect,
    NextAction,
    Outward,
    Party,
    Row,
    RowKind,
    Severity,
    Unused,
    Variant,
)

HERE = Path(__file__).parent
KINDS: Mapping[str, RowKind] = {"codes": "code", "states": "state"}
OUTSIDE = "error_codes.tables"
"""Entry points by which a package from outside offers its channel's table: ``mychannel = "mypackage:TABLE"``, a path."""


class CatalogueError(KeyError):
    """The catalogue has no such entry. The text says what was looked for and what there is."""

    def __str__(self) -> str:
        """Show the sentence as it is, without the quotes of a KeyError."""
        return str(self.args[0])


class Catalogue:
    """The tables of one folder."""

    def __init__(self, folder: Path = HERE) -> None:
        """Name the folder; nothing is read yet."""
        self.folder = folder
        self._lock = threading.RLock()
        self._canonical: dict[str, Canonical] | None = None
        self._outward: dict[str, Outward] = {}
        self._rows: dict[str, tuple[Row, ...]] = {}
        self._unused: dict[str, tuple[Unused, ...]] = {}
        self._titles: dict[str, tuple[str, str]] = {}
        self._unmapped: dict[str, str] = {}
        self._official: dict[str, tuple[str, ...]] = {}
        self._provisional: dict[str, tuple[str, ...]] = {}

    def channels(self) -> tuple[str, ...]:
        """Return the names of the channels that have a table."""
        return tuple(sorted(path.stem for path in (self.folder / "channels").glob("*.toml")))

    def all_canonical(self) -> Mapping[str, Canonical]:
        """Return every canonical code, in the order of the file."""
        with self._lock:
            if self._canonical is None:
                document = self._read("canonical")
                self._outward = {code: Outward(code=code, **entry) for code, entry in document["outward"].items()}
                self._canonical = {code: canonical_of(code, entry) for code, entry in document["canonical"].items()}
            return self._canonical

    def all_outward(self) -> Mapping[str, Outward]:
        """Return every outward code."""
        self.all_canonical()
        return self._outward

    def outward(self, code: str) -> Outward:
        """Return one outward code.

        Raises:
            CatalogueError: there is none of that name.
        """
        found = self.all_outward().get(code)
        if found is None:
            raise CatalogueError(f"对外码 {code} 不存在；there is no outward code {code}")
        return found

    def canonical(self, code: str) -> Canonical:
        """Return one canonical code.

        Raises:
            CatalogueError: there is none of that name.
        """
        found = self.all_canonical().get(code)
        if found is None:
            raise CatalogueError(f"统一错误码中没有 {code}；there is no canonical code {code}")
        return found

    def rows(self, channel: str) -> tuple[Row, ...]:
        """Return one channel's rows, codes before states.

        Raises:
            CatalogueError: the channel has no table.
        """
        self._load(channel)
        return self._rows[channel]

    def unused(self, channel: str) -> tuple[Unused, ...]:
        """Return the collected codes of a channel that belong to no operation, with the reasons."""
        self._load(channel)
        return self._unused[channel]

    def titles(self, channel: str) -> tuple[str, str]:
        """Return a channel's name in Chinese and in English."""
        self._load(channel)
        return self._titles[channel]

    def unmapped(self, channel: str) -> Canonical:
        """Return what a code that no row knows is treated as: the entry ``[unmapped]`` of the channel's table."""
        self._load(channel)
        return self.canonical(self._unmapped[channel])

    def official(self, channel: str) -> tuple[str, ...]:
        """Return the beginnings of the sources that are the channel's own: its sites, its repositories, its standards."""
        self._load(channel)
        return self._official[channel]

    def provisional(self, channel: str) -> tuple[str, ...]:
        """Return the operations whose failures are final only after the order's expiry: until then the payer may try again."""
        self._load(channel)
        return self._provisional[channel]

    def is_provisional(self, channel: str, operation: str, effect: Effect) -> bool:
        """Say whether an answer of this effect is final only once the order has expired; only a failure can be that."""
        passing = self.provisional(channel) if effect is Effect.FAILED else ()
        return any(operation == one or operation.startswith(one + ".") for one in passing)

    def _load(self, channel: str) -> None:
        with self._lock:
            if channel in self._rows:
                return
            document = self._document(channel)
            self._official[channel] = tuple(document.get("official", ()))
            self._provisional[channel] = tuple(document.get("provisional", ()))
            rows = [
                row_of(channel, KINDS[table], entry, self, self._official[channel])
                for table in KINDS
                for entry in document.get(table, ())
            ]
            self._unused[channel] = tuple(Unused(channel=channel, **entry) for entry in document.get("unused", ()))
            self._titles[channel] = (document["title_zh"], document["title_en"])
            self._unmapped[channel] = document["unmapped"]["canonical"]
            self._rows[channel] = tuple(rows)

    def _document(self, channel: str) -> dict[str, Any]:
        """Read a channel's table: one of the folder's, or one that an installed package offers."""
        if channel in self.channels():
            return self._read(f"channels/{channel}")
        from importlib.metadata import entry_points  # noqa: PLC0415  it costs as much as this whole package, which rarely asks

        for offered in entry_points(group=OUTSIDE, name=channel):
            return compiled.parse(Path(offered.load()).read_bytes())
        known = "、".join(self.channels())
        raise CatalogueError(f"没有渠道 {channel} 的错误码表；no table for the channel {channel}; there are: {known}")

    def _read(self, name: str) -> dict[str, Any]:
        return compiled.read(self.folder, name)


def canonical_of(code: str, entry: Mapping[str, Any]) -> Canonical:
    """Make a canonical code of its table."""
    fields = dict(entry)
    return Canonical(
        code=code,
        category=Category(fields.pop("category")),
        fault=Party(fields.pop("fault")),
        actor=Party(fields.pop("actor")),
        decline=Decline(fields.pop("decline")),
        severity=Severity(fields.pop("severity")),
        disclosure=Disclosure(fields.pop("disclosure")),
        effect=Effect(fields.pop("effect")),
        next_action=NextAction(fields.pop("next_action")),
        iso20022=tuple(fields.pop("iso20022", ())),
        field39=tuple(fields.pop("field39", ())),
        **fields,
    )


def basis_of(checked: Checked, source: str, official: Sequence[str]) -> Basis:
    """Say what is found at a source. What lies at no official site is called a copy: no table claims more than it shows."""
    if checked is Checked.DOCUMENTED and not source.startswith(tuple(official)):
        return Basis.PUBLIC_COPY
    return Basis(checked)


def row_of(channel: str, kind: RowKind, entry: Mapping[str, Any], catalogue: Catalogue, official: Sequence[str]) -> Row:
    """Make a row of its table; effect and next action default to its canonical code's."""
    default = catalogue.canonical(entry["canonical"])
    return Row(
        channel=channel,
        kind=kind,
        where=entry["where"],
        code=entry["code"],
        sub_code=entry.get("sub_code"),
        operations=tuple(entry["operations"]),
        http=tuple(entry.get("http", ())),
        canonical=entry["canonical"],
        effect=Effect(entry.get("effect", default.effect)),
        next_action=NextAction(entry.get("next_action", default.next_action)),
        new_id_allowed=entry.get("new_id_allowed", False),
        failover=entry.get("failover", False),
        retry_after=entry.get("retry_after"),
        quiet_period=entry.get("quiet_period"),
        phase=entry.get("phase"),
        zh=entry["zh"],
        en=entry["en"],
        source=entry["source"],
        effect_source=entry.get("effect_source"),
        checked=Checked(entry["checked"]),
        basis=basis_of(Checked(entry["checked"]), entry["source"], official),
        variants=tuple(Variant(**variant) for variant in entry.get("messages", ())),
    )


BUILT_IN = Catalogue()
