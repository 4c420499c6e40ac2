"""Read an incoming written question, which has no answer yet: its introduction and what it asks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

from ingest.document import Block, BlockKind, Page
from ingest.dutch import join_lines, sentence_spans
from ingest.numbers import read_numbers
from ingest.question_letter import Letter, Range, read_letter
from ingest.question_lines import cut_blocks
from ingest.questions import Question, questions_in
from ingest.readers.text import read_blocks

_NUMBER = re.compile(
    r"(?:[-–•▪●◦○*]\s{1,3})?(?:(?:(?:deel)?vraag\s{1,3})?\d{1,2}(?!\d|[.,–-]\d)\s?[.):–-]?\s{0,3})?"
    r"(?:[a-z][.)]\s{1,3})?",
    re.I,
)
_NO_SUBJECT = re.compile(r"[?!:;]$|^\d")
_MAX_SUBJECT = 150  # characters


@dataclass(frozen=True, slots=True)
class SubQuestion:
    """One of the things that a written question asks: its number as the letter gives it, and its words on one line."""

    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A written question.

    Attributes:
        subject: its subject line, or "".
        introduction: what it says before it asks, on one line; "" where it says nothing.
        questions: what it asks, in order; empty where it asks nothing.
        member: who asks, or None.
        ministers: who is asked, without their roles.
    """

    subject: str
    introduction: str
    questions: tuple[SubQuestion, ...]
    member: str | None = None
    ministers: tuple[str, ...] = ()

    def parted(self) -> Self:
        """Return the same with questions that have no numbers parted at their sentences."""
        if len(self.questions) != 1 or read_numbers(self.questions[0].text):
            return self
        text = self.questions[0].text
        sentences = [text[start:end] for start, end in sentence_spans(text, 0, len(text))]
        asking = [i for i, sentence in enumerate(sentences) if sentence.endswith("?")]
        if not asking:
            return self
        cuts = [asking[0], *(i + 1 for i in asking[:-1]), len(sentences)]
        parts = [" ".join(sentences[start:end]) for start, end in pairwise(cuts)]
        introduction = " ".join(filter(None, (self.introduction, *sentences[: asking[0]])))
        questions = tuple(SubQuestion(str(n), part) for n, part in enumerate(parts, start=1))
        return replace(self, introduction=introduction, questions=questions)


def read_asked(text: str) -> Asked:
    r"""Read a written question out of its text, with or without letterhead, on lines or running on.

    >>> asked = read_asked("Premies\n\nEr zijn nieuwe premies.\n\n1. Hoeveel premies?\n\n2. Sinds wanneer?")
    >>> asked.introduction, [(one.number, one.text) for one in asked.questions]
    ('Er zijn nieuwe premies.', [('1', '1. Hoeveel premies?'), ('2', '2. Sinds wanneer?')])
    """
    read = [read_blocks((Page(1, None, text),)), list(cut_blocks(text, 0))]
    return max(map(_read, read), key=lambda asked: (len(asked.questions) > 1, len(asked.questions))).parted()


def _read(blocks: Sequence[Block]) -> Asked:
    found = read_letter(blocks)
    letter = found or Letter(None, (0, len(blocks)), (), None, None, (), ())
    body, subject = letter.body, letter.subject or ""
    asked = _parted(blocks, questions_in(blocks, body))
    first = asked[0].blocks[0] if asked else body[1]
    line = join_lines(blocks[0].text) if first else ""
    if first and not found and len(line) <= _MAX_SUBJECT and not _NO_SUBJECT.search(line):
        subject, body = line.strip("#*. "), (1, body[1])
    questions = tuple(SubQuestion(one.number, _text(blocks, one.blocks)) for one in asked)
    return Asked(subject, _text(blocks, (body[0], first)), questions, letter.member, letter.ministers)


def _parted(blocks: Sequence[Block], asked: Sequence[Question]) -> Sequence[Question]:
    """Part what has no numbers at its items: a list at each, prose at those that ask."""
    first, end = asked[0].blocks if len(asked) == 1 else (0, 0)
    items = [i for i in range(first, end) if blocks[i].kind is BlockKind.ITEM]
    if not items or read_numbers(blocks[first].text):
        return asked
    starts = [i for i in items if i > first and (items[0] == first or "?" in blocks[i].text)]
    return [Question(str(n), part) for n, part in enumerate(pairwise([first, *starts, end]), start=1)]


def _text(blocks: Sequence[Block], part: Range) -> str:
    return join_lines("\n".join(block.text for block in blocks[slice(*part)]))


def without_number(text: str) -> str:
    """Return a sub-question without the number or bullet that it starts with.

    >>> without_number("2. a) Hoeveel zijn er?"), without_number("Vraag 2: Hoeveel?"), without_number("- Hoeveel?")
    ('Hoeveel zijn er?', 'Hoeveel?', 'Hoeveel?')
    """
    return _NUMBER.sub("", text, count=1)
