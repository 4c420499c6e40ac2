"""Which numbered items of an answer answer which question, and which are lists inside an answer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.document import Block, BlockKind
from ingest.numbers import number_of, parted_letter, read_numbers
from ingest.question_letter import Range

# Costs of reading a row of items as answers; the reading that costs least is taken. Only their order matters.
_SKIPPED, _BACK, _LIST, _LOOSE = 3, 4, 2, 5  # a question passed over; one gone back to; a list; an item in none
_LETTER = re.compile(r"\(?([b-z])[.)]\s")
_MAX_ITEMS = 400  # a longer enumeration is no answer to numbered questions


@dataclass(frozen=True, slots=True)
class Item:
    """A numbered item: its first block and the numbers that it starts with, or those of the questions it answers."""

    start: int
    numbers: tuple[str, ...]


def numbered_items(blocks: Sequence[Block], part: Range) -> list[Item]:
    """Yield the blocks of a part that start with numbers; where "b)" stands alone below "1.a)" or "1. a)", it is 1b."""
    found: list[Item] = []
    for i in range(*part):
        text = blocks[i].text
        kinds = (BlockKind.NUMBERED, BlockKind.HEADING, BlockKind.PARAGRAPH)
        if numbers := read_numbers(text) if blocks[i].kind in kinds else ():
            found.append(Item(i, numbers))
        elif (match := _LETTER.match(text)) and found:
            above, letter = found[-1], match[1]
            if letter == "b" and (first := parted_letter(blocks[above.start].text)):
                above = found[-1] = Item(above.start, (first,))
            if above.numbers[-1][-1] == chr(ord(letter) - 1):
                found.append(Item(i, (above.numbers[-1][:-1] + letter,)))
    return found


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to read the items so far.

    Attributes:
        last: index of the last question answered, -1 before the first.
        inside: last number of the list inside the answer, 0 outside one.
        answers: items taken as answers.
    """

    cost: int
    last: int
    inside: int
    answers: tuple[Item, ...]


def answer_items(blocks: Sequence[Block], part: Range, questions: Sequence[str]) -> list[Item]:
    """Find the items that answer questions, in order, with the numbers of these questions.

    An answer goes on with the next question; a list inside it starts again at 1. Among all ways to read the items
    the one is taken that passes over the fewest questions and leaves the fewest items unexplained.
    """
    readings = [_Reading(0, -1, 0, ())]
    for item in numbered_items(blocks, part)[:_MAX_ITEMS]:
        after_colon = item.start > part[0] and blocks[item.start - 1].text.rstrip().endswith(":")
        best: dict[tuple[int, int], _Reading] = {}
        for reading in (new for old in readings for new in _read_on(old, item, questions, after_colon=after_colon)):
            key = reading.last, reading.inside
            if key not in best or reading.cost < best[key].cost:
                best[key] = reading
        readings = list(best.values())
    end = len(questions) - 1
    return list(min(readings, key=lambda reading: reading.cost + _SKIPPED * (end - reading.last)).answers)


def _read_on(old: _Reading, item: Item, questions: Sequence[str], *, after_colon: bool) -> Iterator[_Reading]:
    answered = [i for i, question in enumerate(questions) if any(_same(question, number) for number in item.numbers)]
    if len(answered) >= len({number_of(number) for number in item.numbers}):
        cost = _SKIPPED * max(0, answered[0] - old.last - 1) if answered[0] > old.last else _BACK
        named = tuple(questions[i] for i in answered)
        last = max(old.last, answered[-1])
        yield _Reading(old.cost + cost, last, 0, (*old.answers, Item(item.start, named)))
    low, high = number_of(item.numbers[0]), number_of(item.numbers[-1])
    if low == 1 and old.last >= 0:
        yield _Reading(old.cost + (0 if after_colon else _LIST), old.last, high, old.answers)
    if old.inside and low == old.inside + 1:
        yield _Reading(old.cost, old.last, high, old.answers)
    yield _Reading(old.cost + _LOOSE, old.last, old.inside, old.answers)


def _same(question: str, number: str) -> bool:
    """Whether an answer's number means a question: "1" means 1a and 1b too, "1a" means a question 1."""
    if question.isdigit() or number.isdigit():
        return number_of(question) == number_of(number)
    return question == number
