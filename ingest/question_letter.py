"""The letters of a written question: who asks whom what, and which answers follow, each with its own letterhead."""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.dates import ANY_DATE, DATE, read_date
from ingest.document import AnswerStatus, Block, BlockKind
from ingest.dutch import join_lines
from ingest.names import FULL_NAME, ROLE, names_of_ministers, written_name
from ingest.numbers import read_numbers

Range = tuple[int, int]  # blocks [start, end)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer letter, or the part of it that answers one or more sub-questions.

    Attributes:
        blocks: what it says, without letterhead.
        date: day of the answer, or None where the letterhead gives only that of the question.
    """

    blocks: Range
    status: AnswerStatus = AnswerStatus.FINAL
    date: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A written question with the answers that follow it.

    Attributes:
        body: its introduction and what it asks.
        numbers: its number, and those of the same question to other ministers.
        date: day on which it was asked.
        member: who asked.
        ministers: who was asked, or else who answers first, without their roles.
    """

    subject: str | None
    body: Range
    numbers: tuple[str, ...]
    date: datetime.date | None
    member: str | None
    ministers: tuple[str, ...]
    answers: tuple[Answer, ...]


_ONLY = re.compile(r"\W{0,4}vra(?:ag|gen)\W{0,3}(?:$|\n)", re.I)  # says something above an answer only
_HEAD = re.compile(
    rf"\W{{0,4}}schriftelijke\s{{1,3}}vra(?:ag|gen)\b(?!\s{{1,3}}(?:van|over|inzake|is|werd))|{_ONLY.pattern}", re.I
)
_HEAD_LINE = re.compile(
    rf"(?:nrs?\.?\s{{0,3}}\d|(?:datum|d\.?\s?d\.?|ingediend|antwoorddatum)\b|"
    rf"aan\s{{1,3}}(?:mevrouw\s|de\s(?:heer|minister)|(?-i:{FULL_NAME})|{ROLE})|(?:en\s)?(?:{ROLE})|vlaams\s+parlement$|en\s(?-i:{FULL_NAME})$|"
    rf"(?-i:(?:van|VAN)\s{{1,3}}(?:mevrouw\s|de\sheer\s)?{FULL_NAME}$))",
    re.I,
)
_ANSWER = re.compile(
    r"\W{0,4}(?P<sort>(?:(?:gecoördineerd|gezamenlijk|aanvullend|bijkomend|voorlopig|tussentijds|definitief|tweede|derde)e?"
    r"\s{1,3}){0,3})antwoord(?:en)?\b(?P<rest>.{0,200})$",
    re.I,
)
_TO_QUESTION = re.compile(
    r"\W{0,3}op\s{1,3}(?:de\s{1,3})?(?:schriftelijke\s{1,3}|parlementaire\s{1,3}){0,2}vra(?:ag|gen)\s{1,3}(?:nrs?\b|van\b)",
    re.I,
)
_SIGNED = re.compile(
    rf"\W{{0,3}}(?:van|namens|door|d\.?d\.?)\s{{1,3}}(?:mevrouw\b|de\s{{1,3}}heer\b|(?:de\s{{1,3}})?(?:{ROLE})|\d{{1,2}}[\s/.-])",
    re.I,
)
_ASKED = re.compile(rf"nrs?\.?\s{{0,3}}(?P<number>\d{{1,5}})(?:\s{{1,3}}van\s{{1,3}}{DATE})?", re.I)
_ROLE = re.compile(ROLE, re.I)
_NAME = re.compile(FULL_NAME)
_TO = re.compile(r"\bop\s", re.I)
_MEMBER = re.compile(
    rf"(?:^|\s)(?i:van)\s{{1,3}}(?:mevrouw\s|de\sheer\s)?(?P<name>{FULL_NAME})(?=$|\s(?i:datum|d\.?d|aan\s|van\s\d)|\s*\n)",
    re.M,
)
_JOINT = re.compile(
    r"^\W{0,3}deze\s{1,3}vraag\s{1,3}(?:werd|is)\s{1,3}(?:ook\s{1,3}|eveneens\s{1,3})?gesteld\s{1,3}aan\b", re.I | re.M
)
_STATUS = {
    **dict.fromkeys(("aanvullend", "bijkomend", "tweede", "derde"), AnswerStatus.SUPPLEMENTARY),
    **dict.fromkeys(("voorlopig", "tussentijds"), AnswerStatus.PROVISIONAL),
}
# A line that opens an annex: the word alone, with a number or with a title; what ends in a full stop is a sentence.
ANNEX = re.compile(
    r"\W{0,4}bijlage(?:n|\(n\))?(?:\s{1,3}(?:\d{1,3}|[a-z]|[ivx]{2,5}))?\W{0,4}"
    r"(?:$|(?<=[:.–-]\s)[^\n]{1,200}(?<![.?!;:])$)",
    re.I,
)
_MAX_HEAD = 14  # blocks of a letterhead, where each line may be one
_MAX_SUBJECT = 250  # characters
_MIN_PROSE, _MAX_COVER = 5, 200  # words of a sentence at least, characters of a paragraph above all text at most
_LABELS = re.compile(r"^\W{0,5}[^\W\d][^\n:]{0,40}:\s[^\n]{1,200}(?<![.?!;:])$", re.M)  # "ons kenmerk: WSE/12"


def read_letter(blocks: Sequence[Block]) -> Letter | None:
    """Find a written question and the answers to it, or None where no letterhead says that this is one."""
    asked = next((i for i, block in enumerate(blocks[:_MAX_HEAD]) if _opens(block)), None)
    if any(map(is_prose, blocks[:asked] if asked else ())):
        return None  # a text of its own that quotes a question
    numbered = asked is not None and any(_ASKED.search(block.text) for block in blocks[asked : asked + 4])
    marks = _marks(blocks, is_asked=numbered or asked in (0, 1))
    if not marks and not (numbered or (asked == 0 and not _ONLY.match(blocks[0].text))):
        return None
    heads = [_around(blocks, mark) for mark in marks]
    limit = heads[0][0] if heads else len(blocks)
    start, subject = _question_head(blocks[:limit], asked)
    joint, sentence = next(((i, m) for i in range(start, limit) if (m := _JOINT.search(blocks[i].text))), (limit, None))
    head = "\n".join(block.text for block in blocks[:start])
    answer_head = "\n".join(block.text for first, last in heads[:1] for block in blocks[first:last])
    of_answer = _TO.search(answer_head)
    texts = [head, answer_head[of_answer.start() :] if of_answer else ""]
    known = [match for text in texts for match in _ASKED.finditer(text)]
    others = names_of_ministers(" ".join(sentence.string[sentence.start() :].split())) if sentence else []
    numbers = [match["number"] for match in known] + [number for _, number in others if number]
    dates = [read_date(match) for match in known if match["year"]] + [read_date(m) for m in ANY_DATE.finditer(head)]
    member = next((match["name"] for text in texts for match in _MEMBER.finditer(text)), None)
    text = "\n".join(block.text for block in blocks)
    named = names_of_ministers(head) + others or names_of_ministers(answer_head)
    names = {written.casefold(): written for written in (written_name(name, text) for name, _ in named)}
    # "Peeters" is "An Peeters" where both are named.
    ministers = tuple(name for folded, name in names.items() if not any(o.endswith(f" {folded}") for o in names))
    ends = [*(first for first, _ in heads), len(blocks)][1:]
    answers = tuple(_answer(blocks, *letter) for letter in zip(marks, heads, ends, strict=True))
    if subject is None and answers and limit == 0 and len(blocks) > answers[0].blocks[0]:
        subject = _subject(blocks[answers[0].blocks[0]])  # an answer that is kept without its question
    return Letter(
        subject,
        (start, joint if sentence and sentence.start() == 0 else limit),
        tuple(dict.fromkeys(numbers)),
        next(filter(None, dates), None),
        written_name(member, text) if member else None,
        ministers,
        answers,
    )


def letter_starts(blocks: Sequence[Block]) -> list[int]:
    """Return where each written question of a file starts: at the first block, and at a letterhead below an answer.

    That has another number, and an answer of its own below it.
    """
    answers = {*_marks(blocks, is_asked=True), *(i for i, block in enumerate(blocks) if says_answer(block))}
    starts, known = [0], ""
    for i in [i for i, block in enumerate(blocks) if _opens(block) and not is_prose(block)]:
        number = next((match["number"] for block in blocks[i : i + 4] if (match := _ASKED.search(block.text))), "")
        if number and known not in ("", number) and min(answers, default=i) < i < max(answers, default=i):
            starts.append(i)
        known = number or known
    return starts


def is_prose(block: Block) -> bool:
    """Whether a block is running text: what stands in or below it is no letterhead, and stands on no cover."""
    text = join_lines(_LABELS.sub("", block.text))
    is_long = len(text) > _MAX_COVER and not text.isupper()
    is_sentence = text.endswith((".", "?", "!", ":", ";")) and len(text.split()) >= _MIN_PROSE
    return block.kind is not BlockKind.HEADING and (is_long or is_sentence)


def _opens(block: Block) -> bool:
    """Whether a line says that this is a written question, below nothing but lines of a letterhead."""
    lines = block.text.split("\n")
    return any(_HEAD.match("\n".join(lines[k:])) and all(map(_is_head_line, lines[:k])) for k in range(len(lines)))


def _marks(blocks: Sequence[Block], *, is_asked: bool) -> list[int]:
    """Blocks that open an answer: "ANTWOORD" with the question it answers; below a question also less than that.

    Several that say only "Antwoord" are answers in a list of questions, not letters.
    """
    marks: list[int] = []
    bare: list[int] = []
    for i, block in enumerate(blocks):
        lines = block.text.split("\n")
        for k, line in enumerate(lines):
            match = _ANSWER.match(line)
            if match is None or not line.strip("*#_ ")[0].isupper() or not all(map(_is_head_line, lines[:k])):
                continue
            after = lines[k + 1] if k + 1 < len(lines) else blocks[i + 1].text if i + 1 < len(blocks) else ""
            alone = not match["rest"].strip(" :*_")
            is_sure = _TO_QUESTION.match(match["rest"]) or (alone and _TO_QUESTION.match(after))
            if is_sure or _SIGNED.match(match["rest"]) or (alone and match["sort"]):
                marks.append(i)
            elif alone:
                bare.append(i)
            is_asked = is_asked or bool(is_sure)
            break
    return sorted(marks + (bare if len(bare) == 1 else [])) if is_asked else []


def says_answer(block: Block) -> bool:
    """Whether a block says "ANTWOORD" and nothing else."""
    match = _ANSWER.match(block.text)
    return match is not None and not match["rest"].strip(" :*_")


def _is_head_line(line: str) -> bool:
    return line.isupper() or _HEAD_LINE.match(line) is not None


def _around(blocks: Sequence[Block], mark: int) -> Range:
    """Letterhead around the word "antwoord": minister and role above it, question and member below it."""
    first = mark
    while mark - first < 3 and first > 0 and _is_sender(blocks[first - 1]):
        first -= 1
    if first < mark and first > 0 and _NAME.fullmatch(blocks[first - 1].text):
        first -= 1
    last = mark + 1
    while last < len(blocks) and last - mark < 5 and _is_below(blocks[last]):
        last += 1
    return (first, last) if last < len(blocks) else (first, mark)


def _is_sender(block: Block) -> bool:
    text = block.text
    short = len(text) <= _MAX_SUBJECT and block.kind in (BlockKind.HEADING, BlockKind.PARAGRAPH)
    return short and "?" not in text and not read_numbers(text) and (text.isupper() or bool(_ROLE.match(text)))


def _is_below(block: Block) -> bool:
    short = len(block.text) <= _MAX_SUBJECT and block.kind in (BlockKind.HEADING, BlockKind.PARAGRAPH)
    return short and all(
        _TO_QUESTION.match(line) or (_HEAD_LINE.match(line) and not line.lower().startswith("aan "))
        for line in block.text.split("\n")
    )


def _question_head(blocks: Sequence[Block], asked: int | None) -> tuple[int, str | None]:
    """Return the first block after letterhead and subject, and the subject: the first line that is no letterhead."""
    role = open_role = False
    before = ""
    for i, block in enumerate(blocks[: _MAX_HEAD + (asked or 0)]):
        for k, line in enumerate(block.text.split("\n")):
            is_head = i < (asked or 0) or bool(_HEAD.match(line) or _HEAD_LINE.match(line))
            if line.isupper():
                is_head = is_head or not (role and k == 0 and not before.endswith(","))
            elif k and open_role:
                is_head = True  # a role in small letters goes on to the end of its paragraph
            if not is_head:
                whole = k == 0 and not _is_subject(block)
                return i + (not whole), _subject(block) if k == 0 else line
            has_role = _ROLE.search(line) is not None
            role, open_role, before = role or has_role, (has_role or (open_role and k > 0)) and not line.isupper(), line
    return min(len(blocks), (asked or 0) + 1), None


def _is_subject(block: Block) -> bool:
    text = join_lines(block.text)
    return not read_numbers(text) and len(text) <= _MAX_SUBJECT and not text.endswith((".", "?", ":", ";"))


def _subject(block: Block) -> str | None:
    text = join_lines(block.text) if _is_subject(block) else block.text.split("\n")[0]
    return None if read_numbers(text) or len(text) > _MAX_SUBJECT else text.strip("#*_ ")


def _answer(blocks: Sequence[Block], mark: int, head: Range, end: int) -> Answer:
    text = "\n".join(block.text for block in blocks[head[0] : max(head[1], mark + 1)])
    line = next(match for part in blocks[mark].text.split("\n") if (match := _ANSWER.match(part)))
    sort = line["sort"].lower()
    status = next((status for word, status in _STATUS.items() if word in sort), AnswerStatus.FINAL)
    dates = [read_date(match) for match in ANY_DATE.finditer(_ASKED.sub("", text))]
    return Answer((head[1], end), status, next(filter(None, dates), None))
