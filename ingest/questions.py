"""Find numbered parliamentary questions and pair each with its numbered answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.document import Block, BlockKind
from ingest.readers.text import last_number

# "Zie antwoord op vraag 1", "cf. het antwoord op deelvraag 1", "zie 1."
_SEE = re.compile(
    r"\b(?:zie|cf\.?)\s+(?:(?:het\s+)?antwoord\s+(?:op\s+)?)?(?:(?:deel)?vraag\s+|punt\s+)?(\d{1,2})\b", re.I
)
_MAX_SEE = 200  # characters; a longer answer says something itself


@dataclass(frozen=True, slots=True)
class QAPair:
    """A question and its answer, as ranges of blocks [start, end).

    Where answers are not numbered one by one, the pair of each question has no answer and one more pair holds the
    answers to all questions together, because guessing which is which would put words in a minister's mouth.

    Attributes:
        title: what it is, in Dutch, for the section path.
        question: blocks of the question, or of those that one answer serves; empty where `answer` serves all.
        answer: blocks of the answer, or of the question itself where its answer cannot be told apart.
        see: blocks of the answer that this one only refers to; empty range where it speaks for itself.
    """

    title: str
    question: tuple[int, int]
    answer: tuple[int, int]
    see: tuple[int, int] = (0, 0)

    @property
    def first(self) -> int:
        """First block of the pair."""
        return min(part[0] for part in (self.question, self.answer) if part[0] < part[1])

    @property
    def last(self) -> int:
        """One past the last block of the pair."""
        return max(self.question[1], self.answer[1])


def pair_questions(blocks: Sequence[Block]) -> tuple[QAPair, ...]:
    """Pair numbered questions with numbered answers.

    A document is a question with its answer when a list numbered from 1, most of whose items ask something, is
    followed by a second list numbered from 1.

    Args:
        blocks: blocks of the document in reading order.

    Returns:
        Pairs in the order of the questions; empty where the document is of another kind.
    """
    runs = _numbered_runs(blocks)
    if len(runs) < 2:
        return ()
    questions, answers = runs[0], runs[1]
    asking = sum("?" in "\n".join(b.text for b in blocks[start:end]) for _, (start, end) in questions)
    if 2 * asking <= len(questions):
        return ()
    end = _end_of_answers(blocks, answers[-1][1][0])
    answers[-1] = (answers[-1][0], (answers[-1][1][0], end))
    if [n for n, _ in questions] == [n for low, part in answers for n in range(low, _last(blocks, part, low) + 1)]:
        return tuple(_pair(blocks, dict(questions), dict(answers), low) for low, _ in answers)
    first, last = questions[0][0], questions[-1][0]
    start = answers[0][1][0]
    together = QAPair(f"Antwoord op vragen {first} tot {last} (niet per vraag genummerd)", (start, start), (start, end))
    return (*(QAPair(f"Vraag {number}", (s, s), (s, e)) for number, (s, e) in questions), together)


def _pair(
    blocks: Sequence[Block], questions: dict[int, tuple[int, int]], answers: dict[int, tuple[int, int]], low: int
) -> QAPair:
    """Pair an answer with the question of its number, or the questions of its numbers ("1-2.")."""
    answer = answers[low]
    high = _last(blocks, answer, low)
    title = f"Vraag en antwoord {low}" if high == low else f"Vragen en antwoord {low} tot {high}"
    text = "\n".join(block.text for block in blocks[slice(*answer)])
    other = _SEE.search(text) if len(text) <= _MAX_SEE else None
    target = int(other[1]) if other else low
    see = next((part for n, part in answers.items() if n <= target <= _last(blocks, part, n) and n != low), (0, 0))
    return QAPair(title, (questions[low][0], questions[high][1]), answer, see)


def _last(blocks: Sequence[Block], part: tuple[int, int], first: int) -> int:
    """Last number that an item stands for: 2 for "1-2." and for "1 en 2."."""
    return last_number(blocks[part[0]].text) or first


def _numbered_runs(blocks: Sequence[Block]) -> list[list[tuple[int, tuple[int, int]]]]:
    """Lists numbered 1, 2, 3...: for each item its number and its blocks, those that follow it included."""
    starts: list[list[tuple[int, int]]] = []
    for i, block in enumerate(blocks):
        if block.kind is not BlockKind.NUMBERED:
            continue
        if block.level == 1:
            starts.append([(1, i)])
        elif starts and block.level == (last_number(blocks[starts[-1][-1][1]].text) or starts[-1][-1][0]) + 1:
            starts[-1].append((block.level, i))
    flat = [i for run in starts for _, i in run] + [len(blocks)]
    following = dict(pairwise(flat))
    return [[(number, (i, following[i])) for number, i in run] for run in starts]


def _end_of_answers(blocks: Sequence[Block], start: int) -> int:
    """The last answer ends at the next heading (an annex, a signature) or with the document."""
    return next((i for i in range(start + 1, len(blocks)) if blocks[i].kind is BlockKind.HEADING), len(blocks))
