"""A catalogue as a person keeps it, a row a document, in CSV or Excel: rows -> tables as in catalogue.toml."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ingest.dates import find_date
from ingest.errors import UnreadableFile
from ingest.readers.encoding import decode
from ingest.readers.workbook import sheets_of

DOCUMENT = "document"  # the column with the name of the document, with or without extension
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "titel": "title",
        "soort": "kind",
        "datum": "date",
        "nummer": "number",
        "zitting": "session",
        "minister": "minister",
        "vraagsteller": "member",
        "taal": "language",
        "bron": "source",
        "groepen": "groups",
    }
)  # column -> field
# A column or a key of a TOML file may have the name of its field.
_FIELDS = {**{name: name for name in (DOCUMENT, *COLUMNS.values())}, **COLUMNS}


def in_fields(table: Mapping[str, object]) -> dict[str, object]:
    """Return the table of a document with the names of the fields and the values as these want them.

    >>> in_fields({"titel": "Nota", "soort": "Schriftelijke vraag", "prijs": 5})
    {'title': 'Nota', 'kind': 'schriftelijke_vraag', 'prijs': 5}

    Raises:
        ValueError: two names stand for one field.
    """
    found: dict[str, object] = {}
    for name, value in table.items():
        field = COLUMNS.get(name, name)
        if field in found:
            dutch = next(column for column, known in COLUMNS.items() if known == field)
            raise ValueError(f"De velden '{dutch}' en '{field}' zijn hetzelfde; haal er één weg.")
        found[field] = _value(field, value.strip()) if isinstance(value, str) else value
    return found


def read_rows(path: Path) -> tuple[dict[str, object], list[str]]:
    """Read a catalogue in CSV (with commas, semicolons or tabs) or Excel (its first sheet).

    Returns:
        Document -> field -> value as in catalogue.toml, empty cells left out; and what is wrong, in Dutch.
    """
    try:
        rows = list(_cells(path))
    except (OSError, UnreadableFile, csv.Error) as error:
        reason = str(error) if isinstance(error, UnreadableFile) else f"{path.name} kan niet gelezen worden."
        return {}, [reason]
    heads = [head.strip().lower() for head in rows[0]] if rows else []
    if DOCUMENT not in heads:
        return {}, [f"{path.name}: er is geen kolom '{DOCUMENT}'; zet de namen van de kolommen op de eerste regel."]
    faults = [
        f"{path.name}: de kolom '{head}' bestaat niet; kies uit {DOCUMENT}, {', '.join(COLUMNS)}."
        for head in dict.fromkeys(heads)
        if head and head not in _FIELDS
    ]
    tables: dict[str, object] = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = {_FIELDS[head]: cell.strip() for head, cell in zip(heads, row, strict=False) if head in _FIELDS}
        values = {field: _value(field, text) for field, text in cells.items() if text}
        name = str(values.pop(DOCUMENT, ""))
        if name and name not in tables:
            tables[name] = values
        elif name:
            faults.append(f"{path.name}, regel {number}: '{name}' staat er twee keer in; haal er één weg.")
        elif values:
            faults.append(f"{path.name}, regel {number}: er staat geen document bij; vul de naam van het bestand in.")
    return tables, faults


def _cells(path: Path) -> Iterable[Sequence[str]]:
    data = path.read_bytes()
    if path.suffix == ".xlsx":
        return next((rows for _, rows, _ in sheets_of(path, data)), ())
    text, _ = decode(path, data)
    first = text.partition("\n")[0]
    return csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count))


def _value(field: str, text: str) -> object:
    """A cell as its field wants it: a date in any usual form, a kind with or without capitals and spaces."""
    if field == "date":
        return find_date(text) or text
    return "_".join(text.lower().split()) if field == "kind" else text
