"""A catalogue as a person keeps it, a row a document, in CSV or Excel: rows -> tables as in catalogue.toml."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ingest.dates import find_date
from ingest.errors import UnreadableFile
from ingest.groups import NOBODY
from ingest.readers.encoding import decode
from ingest.readers.workbook import sheets_of

DOCUMENT = "document"  # the column with the name of the document, with or without extension
COLUMNS: Mapping[str, str] = {
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
}  # column -> field
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


def read_rows(path: Path) -> tuple[list[tuple[str, object]], dict[str, object]]:
    """Read a catalogue in CSV (with commas, semicolons or tabs) or Excel (its first sheet).

    Returns:
        Documents, each with field -> cell, if it is not empty; and what is wrong, in Dutch -> what that leaves out, in
        any form.
    """
    try:
        rows = list(_cells(path))
    except UnreadableFile as error:
        return [], {str(error): COLUMNS}
    except csv.Error:
        return [], {
            f"{path.name} heeft een aanhalingsteken te veel of te weinig; bewaar het opnieuw in Excel.": COLUMNS
        }
    except OSError:
        return [], {f"{path.name} kan niet gelezen worden; kijk na of het een bestand is dat u mag lezen.": COLUMNS}
    at = int(rows[:1] == [["sep=", ""]])  # by which a file tells Excel what parts its cells
    heads = [head.strip().lower() for head in rows[at]] if rows[at:] else []
    if DOCUMENT not in heads:
        return [], {f"{path.name}: er is geen kolom '{DOCUMENT}'; zet de namen van de kolommen op regel 1.": rows}
    fields = [_FIELDS.get(head) for head in heads]
    if same := [head for head in heads if head in _FIELDS and fields.count(_FIELDS[head]) > 1]:
        return [], {f"{path.name}: de kolommen {' en '.join(same)} zijn hetzelfde; haal er één weg.": heads}
    faults: dict[str, object] = {
        f"{path.name}: de kolom '{head}' bestaat niet; kies uit {DOCUMENT}, {', '.join(COLUMNS)}.": head
        for head in heads
        if head and head not in _FIELDS
    }
    tables: list[tuple[str, object]] = []
    for number, row in enumerate(rows[at + 1 :], start=at + 2):
        values = {field: cell for field, cell in zip(fields, row, strict=False) if field and cell.strip()}
        name = values.pop(DOCUMENT, "").strip()
        if any(map(str.strip, row[len(heads) :])):  # what stands in which column, nobody knows
            fault = f"{path.name}, regel {number}: er zijn meer cellen dan kolommen; zet tekst met"
            faults[f"{fault} een scheidingsteken tussen aanhalingstekens."] = ""
            values = {"groups": NOBODY} if "groups" in fields else {}
        if name:
            tables.append((name, values))
        elif values:
            fault = f"{path.name}, regel {number}: er staat geen document bij; vul de naam van het bestand in."
            faults[fault] = values.keys()
    return tables, faults


def _cells(path: Path) -> Iterable[Sequence[str]]:
    data = path.read_bytes()
    if path.suffix.lower() == ".xlsx":
        _, rows, unreckoned = next(sheets_of(path, data, as_shown=False), ("", (), 0))
        if unreckoned:  # it may name who may read a document
            raise UnreadableFile(f"{path.name} heeft formules zonder waarde; open het in Excel en bewaar het opnieuw.")
        return rows
    text, _ = decode(path, data)
    first = text.partition("\n")[0]
    return csv.reader(io.StringIO(text, newline=""), delimiter=max(";,\t", key=first.count), strict=True)


def _value(field: str, text: str) -> object:
    """A cell as its field wants it: a date in any usual form, a kind with or without capitals and spaces."""
    if field == "date":
        return find_date(text) or text
    return "_".join(text.lower().split()) if field == "kind" else text
