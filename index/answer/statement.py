"""Units -> a statement: the best one with its neighbours and its list, and whether it says something new."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from index.answer.citation import Citation
from index.answer.reader import Candidate
from index.answer.span import find_words
from index.answer.units import join_spans, with_list
from index.terms import terms
from ingest.document import touch

# Chosen on eval/data/answer_fit.jsonl, so that half of all answers stay below 60 words: docs/evaluatie.md.
_MAX_WORDS, _MOST_JOINED = 70, 3  # words and sentences of a sentence with its neighbours
_BESIDE = 0.003  # share from which a sentence goes along with its neighbour
_SAME = 0.8  # share of its terms from which a statement is said in another one


def first_citation(candidates: Sequence[Candidate]) -> Citation:
    """Return the best unit with its likely neighbours, of units of which the best comes first."""
    return citation_of(with_neighbours(candidates[0], candidates), candidates[0])


def citation_of(together: Sequence[Candidate], best: Candidate) -> Citation:
    """Make a statement of units that follow each other; it takes the list that it announces, or ends within."""
    hit = best.read.hit
    own = reduce(join_spans, (one.part.unit.own for one in together))
    lines = [one.part.text.splitlines() for one in together]  # after its colon a unit may hold the first short items
    announcing = [i for i, own in enumerate(lines, start=1) if any(line.rstrip().endswith(":") for line in own)]
    if announcing and not best.part.unit.heads:
        opening = reduce(join_spans, (one.part.unit.own for one in together[: announcing[0]]))
        whole = with_list(hit.document, hit.passage, opening)
        own = whole if touch(best.part.unit.own, whole) else own
    elif len(together) > 1 and lines[-1][-1].rstrip().endswith(";"):
        own = with_list(hit.document, hit.passage, own)
    made = Citation.of(hit.document, hit.passage, own, best.part.unit.heads)
    return replace(made, answer_span=find_words(made.text, best.words))


def with_neighbours(best: Candidate, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return a unit with its likelier neighbours, in reading order: "In totaal gaat het over 30." says little alone.

    A row of a table stands alone, and so does what asks something.
    """
    beside = {c.place: c for c in candidates if c.read is best.read and c.share >= _BESIDE and is_prose(c)}
    taken = [best]
    while is_prose(best) and len(taken) < _MOST_JOINED:
        ends = (beside.get(taken[0].place - 1), beside.get(taken[-1].place + 1))
        words = sum(len(one.part.text.split()) for one in taken)
        fitting = [one for one in ends if one and words + len(one.part.text.split()) <= _MAX_WORDS]
        if not fitting:
            break
        taken = sorted([*taken, max(fitting, key=lambda one: one.share)], key=lambda one: one.place)
    return taken


def is_prose(candidate: Candidate) -> bool:
    """Whether a unit is a sentence or an item that asks nothing, and no row of a table."""
    return not candidate.part.asks and "\t" not in candidate.part.text


def is_new(citation: Citation, others: Sequence[Citation]) -> bool:
    """Whether no other statement has most words of a statement, and all its figures."""
    own, said = frozenset(terms(citation.quote)), [frozenset(terms(other.quote)) for other in others]
    figures = {term for term in own if term[0].isdigit()}
    return not any(len(own & one) >= _SAME * max(1, len(own)) and figures <= one for one in said)
