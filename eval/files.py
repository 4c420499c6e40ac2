"""Files that are measured with: lines of columns (TREC, BEIR), and JSON lines of which each has its own id."""

import csv
import gzip
import zlib
from collections.abc import Callable, Sequence
from math import isnan
from pathlib import Path
from typing import Protocol, TypeVar

from eval.errors import QuestionsError
from ingest.jsonl import filled_lines, read_rows


class _HasId(Protocol):
    id: str


_MOST_GRADE = 1000
_Row = TypeVar("_Row")
_Named = TypeVar("_Named", bound=_HasId)


def read_by_id(path: Path, form: type[_Named]) -> dict[str, _Named]:
    """Read JSON lines by their id.

    Raises:
        RowsError: the file cannot be read, or a line is wrong.
        QuestionsError: two lines have one id; all but one would not count.
    """
    found: dict[str, _Named] = {}
    for i, row in enumerate(read_rows(path, form)):
        if found.setdefault(row.id, row) is not row:
            number, _ = list(filled_lines(path))[i]
            raise QuestionsError(f"{path}, regel {number}: de id '{row.id}' staat er al; geef elke regel een eigen id.")
    return found


def read_columns(
    path: Path,
    form: str,  # names of the columns, for who must mend a line
    parse: Callable[..., _Row],  # makes a row of the columns of a line; ValueError where they are none
    split: Callable[[str], Sequence[str]] = str.split,  # gives the columns of a line
    *,
    header: bool = False,  # the first line may name the columns; it does when its last column begins with a letter
) -> list[_Row]:
    """Read a file of columns in UTF-8, also a .gz, but for blank lines; QuestionsError where it or a line is wrong."""
    rows, number = [], 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                columns = split(line.decode("utf-8-sig").rstrip("\r\n")) if line.strip() else ()
                if columns and len(columns) != len(form.split()):
                    raise ValueError
                if columns and not (header and number == 1 and columns[-1][:1].isalpha()):
                    rows.append(parse(*columns))
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "het is beschadigd"
        raise QuestionsError(f"{path} kan niet gelezen worden ({reason}); kijk het pad na.") from error
    except (ValueError, csv.Error) as error:
        raise QuestionsError(f"{path}, regel {number}: dit is geen regel '{form}'; verbeter ze.") from error
    return rows


def as_score(text: str) -> float:
    """Return a score; ValueError where it is no number, which "nan" is not: it has no place in an order."""
    if isnan(number := float(text)):
        raise ValueError
    return number


def as_grade(text: str) -> int:
    """Return a grade, which some write as "1.0"; ValueError where it is no whole number, or none that is a grade."""
    number = float(text)
    if not number.is_integer() or abs(number) > _MOST_GRADE:
        raise ValueError
    return int(number)
