"""Pair each sub-question of a written question with the answers to it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.answer_items import Item, answer_items, numbered_items
from ingest.document import AnswerStatus, Block, BlockKind
from ingest.numbers import number_of
from ingest.question_letter import ANNEX, Answer, Range, letter_starts, read_letter, says_answer

# "Zie antwoord op vraag 1", "cf. het antwoord op deelvraag 1", "zie 1."
_SEE = re.compile(
    r"\b(?:zie|cf\.?)\s{1,3}(?:(?:het\s{1,3})?antwoord\s{1,3}(?:op\s{1,3})?)?(?:(?:deel)?vraag\s{1,3}|punt\s{1,3})?"
    r"(\d{1,2})\b",
    re.I,
)
_FIRST = ("1", "1a")  # numbers with which a list of questions starts
_MAX_ITEMS = 400  # a longer enumeration is no list of questions
_MAX_SEE = 200  # characters; a longer answer says something itself
_ASKS = re.compile(r"\?|\b(?:graag|gelieve|(?:kan|kunt|kunnen|wil|wilt)\s(?:de\s|u\b|uw\s|hij\b|zij\b|ik\b))", re.I)
_ENDED = re.compile(r"[.?!:;)…\"'”’]\W{0,3}$")
_REFERS = re.compile(
    r"\b(?:verwijs|te\s{1,3}verwijzen|(?:wordt|worden)\s{1,3}verwezen|verwezen\s{1,3}naar)\b.{0,200}"
    r"\b(?:antwoord|minister|staatssecretaris|collega)|\bbehoort\b.{0,80}\bbevoegdhe(?:id|den)\s{1,3}van\b",
    re.I | re.S,
)
_LATER = re.compile(
    r"\b(?:worden|wordt|werden|zijn)\s{1,3}(?:momenteel\s{1,3}|nog\s{1,3})?opgevraagd\b|\b(?:in|met|via)\s{1,3}(?:een\s{1,3})?"
    r"aanvullend\s{1,3}antwoord\b|\bvoorlopig\s{1,3}antwoord\b",
    re.I,
)
_Group = tuple[set[str], list[Answer]]  # numbers of questions that share answers, and these
_MAX_REFERRED = 500  # characters of an answer that only sends the reader elsewhere


@dataclass(frozen=True, slots=True)
class QAPair:
    """Sub-questions with the answers that they share, as ranges of blocks [start, end).

    Where answers are not numbered one by one, the pair of each question has no answer and one more pair holds the
    answers to all questions together, because guessing which is which would put words in a minister's mouth.

    Attributes:
        numbers: numbers of the questions as the question gives them ("1", "2a").
        questions: blocks of each question; empty where the answers serve all questions together.
        answers: the answer, and any that supplements it.
        introduction: what the question says before it asks; context of every pair.
        see: blocks of the answer that this one only refers to; empty range where it speaks for itself.
    """

    numbers: tuple[str, ...]
    questions: tuple[Range, ...]
    answers: tuple[Answer, ...]
    introduction: Range = (0, 0)
    see: Range = (0, 0)

    @property
    def title(self) -> str:
        """What it is, in Dutch, for the section path."""
        first, last = self.numbers[0], self.numbers[-1]
        if not self.questions:
            return f"Antwoord op vragen {first} tot {last} (niet per vraag genummerd)"
        if not self.answers:
            return f"Vraag {first}"
        if len(self.numbers) == 1:
            return f"Vraag en antwoord {first}"
        joined = [number_of(n) for n in self.numbers]
        whole = joined == list(range(joined[0], joined[-1] + 1)) or first != str(number_of(first))
        return f"Vragen en antwoord {first} tot {last}" if whole else f"Vragen en antwoord {', '.join(self.numbers)}"

    @property
    def blocks(self) -> tuple[int, ...]:
        """All its blocks in order, those of the questions first."""
        return tuple(i for part in (*self.questions, *(a.blocks for a in self.answers)) for i in range(*part))


def pair_questions(blocks: Sequence[Block]) -> tuple[QAPair, ...]:
    """Pair the sub-questions of a written question, or of each in a file with more of them, with their answers.

    A document is a written question where a letterhead says so, or where a list of questions is directly followed
    by a second list that starts at 1, with at most "ANTWOORD" between them; an agenda and actions are none.

    Returns:
        Pairs in the order of their first blocks; empty where the document is of another kind.
    """
    pairs: list[QAPair] = []
    for start, end in pairwise([*letter_starts(blocks), len(blocks)]):
        letter = read_letter(blocks[start:end])
        body, letters = (letter.body, letter.answers) if letter and letter.answers else _bare_letters(blocks[start:end])
        placed = [replace(one, blocks=(one.blocks[0] + start, one.blocks[1] + start)) for one in letters]
        pairs += pair_parts(blocks, (body[0] + start, body[1] + start), placed)
    return tuple(pairs)


def pair_parts(blocks: Sequence[Block], body: Range, letters: Sequence[Answer]) -> tuple[QAPair, ...]:
    """Pair the sub-questions in a part of a document with the answers in letters after it.

    Questions that share an answer are one pair with all their answers; a question without answer is one alone.
    """
    questions = questions_in(blocks, body) if letters else []
    if not questions:
        return ()
    introduction = (body[0], questions[0].blocks[0])
    every = tuple(question.number for question in questions)
    groups: list[_Group] = [({number}, []) for number in every]
    shared: list[QAPair] = []
    for numbers, answer in (one for letter in letters for one in _answers(blocks, letter, questions)):
        if not numbers:
            shared.append(QAPair(every, (), (answer,), introduction))
        elif meeting := [group for group in groups if group[0] & set(numbers)]:
            meeting[0][1].extend(one for group in meeting[1:] for one in group[1])
            meeting[0][1].append(answer)
            meeting[0][0].update(*(group[0] for group in meeting[1:]))
            groups = [group for group in groups if not any(group is other for other in meeting[1:])]
    pairs: list[QAPair] = []
    for known, answers in groups:
        own = [question for question in questions if question.number in known]
        parts = tuple(sorted(answers, key=lambda answer: answer.blocks))
        see = _see(blocks, parts, known, groups)
        pairs.append(QAPair(tuple(q.number for q in own), tuple(q.blocks for q in own), parts, introduction, see))
    return tuple(sorted(pairs + shared, key=lambda pair: pair.blocks[0]))


def _bare_letters(blocks: Sequence[Block]) -> tuple[Range, tuple[Answer, ...]]:
    """Question and answer of a document without letterheads, where the answers follow the questions directly."""
    items = numbered_items(blocks, (0, len(blocks)))
    starts = [k for k, item in enumerate(items) if item.numbers[0] in _FIRST]
    for k, after in pairwise(starts):
        own, first = items[k:after], items[after].start
        last = first - 1 if says_answer(blocks[first - 1]) else first
        parts = pairwise([*(item.start for item in own), last])
        texts = [[block.text for block in blocks[slice(*part)]] for part in parts]
        close = all(blocks[i].kind in (BlockKind.NUMBERED, BlockKind.ITEM) for i in range(own[0].start, last))
        in_order = all(_follows(before.numbers[0], item.numbers[0]) for before, item in pairwise(own))
        if close and in_order and all("?" in "\n".join(text) and _ENDED.search(text[-1]) for text in texts):
            return (0, last), (Answer((first, len(blocks))),)
    return (0, 0), ()


@dataclass(frozen=True, slots=True)
class Question:
    """A sub-question: the number that its letter gives it, and its blocks."""

    number: str
    blocks: Range


def questions_in(blocks: Sequence[Block], body: Range) -> list[Question]:
    """Return the numbered questions of a letter, after any list in its introduction; else all it asks, as one."""
    best: list[Item] = []
    asking = 0
    items = numbered_items(blocks, body)[:_MAX_ITEMS]
    for k, item in enumerate(items):
        if item.numbers[0] not in _FIRST:
            continue
        run = [item]
        for other in items[k + 1 :]:
            if _follows(run[-1].numbers[-1], other.numbers[0]):
                run.append(other)
        parts = pairwise([*(one.start for one in run), run[-1].start + 1])
        texts = ["\n".join(block.text for block in blocks[slice(*part)]) for part in parts]
        asks = sum(_ASKS.search(text) is not None for text in texts)
        if asks >= asking and (asks or not best or len(run) >= len(best)):
            best, asking = run, asks
    loose = next((i for i in range(*body) if "?" in blocks[i].text), None)
    if not best or (not asking and loose is not None):
        first = loose if loose is not None else next((i for i in range(*body) if _ASKS.search(blocks[i].text)), None)
        return [Question("1", (first, body[1]))] if first is not None else []
    parts = pairwise([*(item.start for item in best), body[1]])
    return [Question(item.numbers[0], part) for item, part in zip(best, parts, strict=True)]


def _follows(before: str, after: str) -> bool:
    """Whether a number comes right after another: 2 after 1 and after 1b, 1b after 1a."""
    if number_of(after) == number_of(before) + 1:
        return after.isdigit() or after.endswith("a")
    return number_of(after) == number_of(before) and ord(after[-1]) == ord(before[-1]) + 1


def _answers(
    blocks: Sequence[Block], letter: Answer, questions: Sequence[Question]
) -> Iterator[tuple[tuple[str, ...], Answer]]:
    """Yield the answers of a letter with the questions they answer; no numbers where that cannot be told."""
    start, end = letter.blocks
    keys = [question.number for question in questions]
    items = answer_items(blocks, letter.blocks, keys)
    covered = {number for item in items for number in item.numbers}
    # The last answer ends at the next heading (an annex, a signature) or with its letter.
    after = range((items[-1].start if items else start) + 1, end)
    last = next((i for i in after if blocks[i].kind is BlockKind.HEADING or ANNEX.match(blocks[i].text)), end)
    is_told = letter.status is AnswerStatus.SUPPLEMENTARY or 2 * len(covered) > len(keys) or keys[-1] in covered
    if len(keys) == 1:
        items = [Item(start, (keys[0],))]
    elif not (covered and is_told):
        items = [Item(start, ())] if start < last else []
    for item, part in zip(items, pairwise([*(item.start for item in items), last]), strict=True):
        yield item.numbers, _answer(blocks, letter, part)


def _answer(blocks: Sequence[Block], letter: Answer, part: Range) -> Answer:
    text = "\n".join(block.text for block in blocks[slice(*part)])
    status = letter.status
    if status is AnswerStatus.FINAL and _LATER.search(text):
        status = AnswerStatus.PROVISIONAL
    elif status is AnswerStatus.FINAL and len(text) <= _MAX_REFERRED and _REFERS.search(text):
        status = AnswerStatus.REFERRED
    return replace(letter, blocks=part, status=status)


def _see(blocks: Sequence[Block], answers: Sequence[Answer], known: set[str], groups: Sequence[_Group]) -> Range:
    """Blocks of the answer that a short one only refers to."""
    text = "\n".join(block.text for block in blocks[slice(*answers[0].blocks)]) if answers else ""
    match = _SEE.search(text) if len(text) <= _MAX_SEE else None
    if match is None:
        return (0, 0)
    target = int(match[1])
    others = (o for numbers, o in groups if o and any(number_of(n) == target for n in numbers) and not numbers & known)
    return next((other[0].blocks for other in others), (0, 0))
