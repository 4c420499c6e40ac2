"""Files of JSON lines: the one place where they are read."""

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from ingest.errors import RowsError
from ingest.faults import explain

_Row = TypeVar("_Row")
_BOM = b"\xef\xbb\xbf"  # Windows editors put it at the start


def filled_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    r"""Yield the lines of a file that are not blank, each with its number, from 1.

    A line ends at "\n" and nowhere else: a text may hold U+2028, or other signs that Python takes for a line end.
    """
    for number, line in enumerate(path.read_bytes().removeprefix(_BOM).split(b"\n"), start=1):
        if line.strip():
            yield number, line.strip()


def scan_rows(path: Path, form: type[_Row]) -> tuple[list[_Row], list[str]]:
    """Read the lines of a file in UTF-8 that hold a form: a pydantic model, a dataclass or a dict.

    Returns:
        The rows, and for each wrong line a Dutch sentence: file, line number, what to do.
    """
    try:
        lines = list(filled_lines(path))
    except OSError:
        return [], [f"{path} kan niet gelezen worden; kijk na of het bestand bestaat en of u het mag lezen."]
    rows, faults = [], []
    check = TypeAdapter(form)
    for number, line in lines:
        try:
            rows.append(check.validate_json(line))
        except ValidationError as error:
            faults.append(f"{path}, regel {number}: {explain(error)}")
    return rows, faults


def read_rows(path: Path, form: type[_Row]) -> list[_Row]:
    """Read a file in which each line must be right.

    Raises:
        RowsError: the file cannot be read, or a line is wrong.
    """
    rows, faults = scan_rows(path, form)
    if faults:
        more = f" (Nog {len(faults) - 1} regels zijn fout.)" if len(faults) > 1 else ""
        raise RowsError(faults[0] + more)
    return rows
