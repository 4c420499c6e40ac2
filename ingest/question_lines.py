"""Files with a written question a line, as JSON: each line is a document of its own.

A line is addressed as a path below its file, "vragen.jsonl/657.json", so that listing, comparing and storing treat
it as any other file.
"""

import datetime
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ingest.document import Block, BlockKind, Document, Kind, Metadata, Page, Span
from ingest.dutch import trimmed
from ingest.errors import UnreadableFile
from ingest.jsonl import filled_lines
from ingest.numbers import read_numbers
from ingest.question_letter import Answer
from ingest.questions import QAPair, pair_parts
from ingest.readers.text import kind_of

SUFFIX = ".jsonl"
BESIDE = "metadata.jsonl"  # holds what a BEIR collection says about its documents
_MAX_BYTES = 200_000_000  # of one file; the questions of a year take some 10 MB
# Where a number may start an item in running text: after the end of a sentence, also where the space is missing.
_ITEM = re.compile(
    r"(?:(?<=[.?!;)”\"'…\n])[ \xa0]{0,3}|(?<=:)[ \xa0]{0,3}(?=1\D)|(?<=[^\W\d_]))"
    r"(?=\d{1,2}(?:[.)]|\s?(?:,|-|en|et|tot|t\.)\s?\d))"
)
_ID = re.compile(r"^[\w.-]{1,120}$")
_ABBREVIATION = re.compile(r"(?:\b(?:nrs?|art|blz|p|st|cf)\.\s{0,3}|\d[.,])$", re.I)
_DIGITS = re.compile(r"\d{1,2}[.)]\s{0,3}\d{3}(?:\D|$)")  # "14. 675.101 euro" is an amount


def _names(value: object) -> object:
    return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value


class QuestionLine(BaseModel):
    """One line: a written question and its answer, in our names or in those of a BEIR collection."""

    model_config = ConfigDict(populate_by_name=True)

    id: Annotated[str, Field(validation_alias=AliasChoices("id", "_id"), pattern=_ID.pattern)]
    answer: Annotated[str, Field(validation_alias=AliasChoices("answer", "text"), min_length=1)]
    question: str = ""
    title: str = ""
    date: datetime.date | None = None
    answered: datetime.date | None = None
    number: Annotated[str, Field(pattern=r"^\d{1,6}$")] | None = None
    session: Annotated[str, Field(pattern=r"^\d{4}-\d{4}$")] | None = None
    member: str | None = None
    minister: str | None = None
    themes: Annotated[list[str], BeforeValidator(_names), Field(validation_alias=AliasChoices("themes", "theme"))] = []
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None
    source: str | None = None


def holds_questions(path: Path) -> bool:
    """Return whether a file holds a question with its answer a line."""
    if path.suffix.lower() == SUFFIX:
        with suppress(OSError), path.open("rb") as lines:
            records = map(_record, iter(lambda: lines.readline(_MAX_BYTES), b""))
            return any("answer" in record or {"title", "text"} <= record.keys() for record in records)
    return False


def _record(line: bytes) -> dict[str, object]:
    """Fields of a line; none of one that is blank or broken, which says nothing about the others."""
    with suppress(ValueError, RecursionError):
        if isinstance(record := json.loads(line), dict):
            return record
    return {}


def list_lines(path: Path) -> list[Path]:
    """Return the paths of the lines of a file, in order.

    Raises:
        UnreadableFile: it holds no questions with answers.
    """
    if not holds_questions(path):
        raise UnreadableFile(
            f"{path.name} bevat geen vraag met antwoord per regel; geef elke regel 'id', 'question' en 'answer'."
        )
    return [path / f"{key}.json" for key in _lines(path, path.stat().st_mtime_ns)]


def is_line(path: Path) -> bool:
    """Return whether a path names a line of a file."""
    return path.parent.suffix.lower() == SUFFIX and path.parent.is_file()


def read_line(path: Path) -> bytes:
    """Return a line as it stands in its file, below what stands beside that about the same question."""
    return b"\n".join(_raw(path))


def line_sha256(path: Path) -> str:
    """Return the SHA-256 of a line, as `read_line` reads it."""
    return hashlib.sha256(read_line(path)).hexdigest()


def read_question(path: Path) -> tuple[Document, list[Block], tuple[QAPair, ...]]:
    """Read one line as a document, without passages, with its blocks and pairs.

    Raises:
        UnreadableFile: a field is missing or wrong.
    """
    told = (item for raw in _raw(path) for item in json.loads(raw).items())
    try:
        line = QuestionLine.model_validate({name: value for name, value in told if value not in ("", None)})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnreadableFile(
            f"Vraag {path.stem} in {path.parent.name} heeft een fout in veld '{where}'; verbeter die regel."
        ) from error
    return _document(path, line)


def _document(path: Path, line: QuestionLine) -> tuple[Document, list[Block], tuple[QAPair, ...]]:
    first, _, rest = line.question.partition("\n")
    if line.title or not rest.startswith(("\n", " \n")) or len(first) > 300:
        first = ""  # else it is a title: a blank line follows
    title = " ".join((line.title or first).split()).rstrip(".")
    asked, answer = line.question.removeprefix(first).strip(), line.answer.strip()
    text = "\n\n".join(filter(None, (title, asked, answer)))
    opening = [Block(BlockKind.HEADING, (Span(1, 0, len(title)),), title, 1)] if title else []
    opening += cut_blocks(asked, text.find(asked, len(title)))
    blocks = [*opening, *cut_blocks(answer, len(text) - len(answer))]
    letter = Answer((len(opening), len(blocks)), date=line.answered)
    pairs = pair_parts(blocks, (1 if title else 0, len(opening)), (letter,))
    member = " ".join(reversed(line.member.split(", ", 1))) if line.member else None  # "Lijnen, Nele"
    title = title or (f"Antwoord op een vraag van {member}" if member else line.id)
    told = Metadata(title, Kind.SCHRIFTELIJKE_VRAAG, line.date, line.number, line.session, line.minister, member)
    told = replace(told, language=line.language, source=line.source, themes=tuple(line.themes))
    known = (one.name for one in fields(told) if getattr(told, one.name))
    metadata = replace(told, origins=dict.fromkeys(known, f"bestand {path.parent.name}"))
    pages = (Page(1, None, text),)
    return Document(line.id, path.parent.name, line_sha256(path), metadata, pages), blocks, pairs


def cut_blocks(text: str, offset: int) -> Iterator[Block]:
    """Cut running text where a numbered item starts, and at line ends."""
    cuts = {0, len(text), *(at + 1 for at, char in enumerate(text) if char == "\n")}
    for match in _ITEM.finditer(text):
        at = match.end()
        item = text[at : at + 120]
        if not _DIGITS.match(item) and not _ABBREVIATION.search(text[max(0, at - 8) : at]) and read_numbers(item):
            cuts.add(at)
    for start, end in pairwise(sorted(cuts)):
        for left, right in trimmed(text, start, end):
            piece = text[left:right]
            kind, level = kind_of(piece)
            yield Block(kind, (Span(1, offset + left, offset + right),), piece, level)


def _raw(path: Path) -> Sequence[bytes]:
    try:
        status = path.parent.stat()
        beside = path.parent.with_name(BESIDE)
        about = _lines(beside, beside.stat().st_mtime_ns) if beside.is_file() else {}
        raw = [lines[path.stem] for lines in (about, _lines(path.parent, status.st_mtime_ns)) if path.stem in lines]
    except OSError:
        raw = []
    if not raw:
        raise UnreadableFile(f"Vraag {path.stem} staat niet meer in {path.parent.name}; lees het bestand opnieuw in.")
    for one in raw:
        if isinstance(one, UnreadableFile):
            raise one
    return [one for one in raw if isinstance(one, bytes)]


@lru_cache(maxsize=4)
def _lines(path: Path, _mtime_ns: int) -> dict[str, bytes | UnreadableFile]:
    """Lines by the id in them, or by "regel" and number what is wrong with them; its time makes a file another key."""
    if path.stat().st_size > _MAX_BYTES:
        raise UnreadableFile(f"{path.name} is te groot ({path.stat().st_size / 1e6:.0f} MB); splits het op.")
    found: dict[str, bytes | UnreadableFile] = {}
    for number, line in filled_lines(path):
        record = _record(line)
        ids = _ID.findall(str(record.get("id") or record.get("_id") or ""))  # what is no file name is none
        if ids and ids[0] not in found:
            found[ids[0]] = line
            continue
        same = f"heeft dezelfde 'id' als een andere ({ids[0]})" if ids else ""
        fault = same or "is geen JSON in UTF-8 met een 'id' van letters, cijfers, . en -"
        found[f"regel {number}"] = UnreadableFile(f"Regel {number} van {path.name} {fault}; verbeter die.")
    return found
