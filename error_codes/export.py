"""The catalogue for cores in other languages: one JSON document (its schema is export.schema.json), or CSV, a line a row."""

import csv
import io
import json
from dataclasses import asdict
from typing import Any

from error_codes.catalogue import BUILT_IN, Catalogue
from error_codes.model import Canonical, Row
from error_codes.publish import outcome_of, outward_of, texts_of

SCHEMA_ID = "https://payment-channels.example/error_codes/export.schema.json"
FORMAT = 1
ROW_COLUMNS = (
    "channel",
    "kind",
    "where",
    "code",
    "sub_code",
    "operations",
    "http",
    "canonical",
    "effect",
    "next_action",
    "new_id_allowed",
    "failover",
    "retry_after",
    "quiet_period",
    "phase",
    "zh",
    "en",
    "checked",
    "basis",
    "source",
)
CANONICAL_COLUMNS = (
    "title_zh",
    "title_en",
    "category",
    "payer_zh",
    "payer_en",
    "merchant_zh",
    "merchant_en",
    "operator_zh",
    "operator_en",
    "outward",
)


def document(catalogue: Catalogue = BUILT_IN) -> dict[str, Any]:
    """Return everything the catalogue holds, as plain data."""
    return {
        "$schema": SCHEMA_ID,
        "format": FORMAT,
        "outward": {code: asdict(entry) for code, entry in catalogue.all_outward().items()},
        "canonical": {code: _canonical(entry) for code, entry in catalogue.all_canonical().items()},
        "channels": {
            channel: {
                "title_zh": catalogue.titles(channel)[0],
                "title_en": catalogue.titles(channel)[1],
                "official": list(catalogue.official(channel)),
                "provisional": list(catalogue.provisional(channel)),
                "unmapped": catalogue.unmapped(channel).code,
                "rows": [_row(row, catalogue) for row in catalogue.rows(channel)],
                "unused": [asdict(entry) for entry in catalogue.unused(channel)],
            }
            for channel in catalogue.channels()
        },
    }


def _canonical(entry: Canonical) -> dict[str, Any]:
    return {**asdict(entry), "iso20022": list(entry.iso20022), "field39": list(entry.field39)}


def _row(row: Row, catalogue: Catalogue) -> dict[str, Any]:
    plain = {
        "operations": list(row.operations),
        "http": list(row.http),
        "variants": [asdict(variant) for variant in row.variants],
        "outward": outward_of(catalogue, row.canonical, outcome_of(row)).code,
    }
    return {**asdict(row), **plain}


def as_json(catalogue: Catalogue = BUILT_IN) -> str:
    """Return the JSON export."""
    return json.dumps(document(catalogue), ensure_ascii=False, indent=1) + "\n"


def as_csv(catalogue: Catalogue = BUILT_IN) -> str:
    """Return the CSV export: a line a row, lists joined by a space.

    The canonical texts and the outward code are those that may be told with the row's effect beside them.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*ROW_COLUMNS, *(f"canonical_{column}" for column in CANONICAL_COLUMNS)])
    for channel in catalogue.channels():
        for row in catalogue.rows(channel):
            told = {
                **asdict(catalogue.canonical(row.canonical)),
                **asdict(texts_of(catalogue, row.canonical, outcome_of(row))),
                "outward": outward_of(catalogue, row.canonical, outcome_of(row)).code,
            }
            writer.writerow(
                [_cell(getattr(row, column)) for column in ROW_COLUMNS] + [told[column] for column in CANONICAL_COLUMNS]
            )
    return out.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, tuple):
        return " ".join(str(item) for item in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
