"""How quotes are shown: the question and the answer apart, and the cited words within their passage."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from api.ask_schemas import CitationOut
from api.schemas import HitOut
from api.web.flow import flowed
from api.web.render import cut


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a passage, in pieces of (text, is marked); `label` is empty, "Vraag" or "Antwoord"."""

    label: str
    pieces: tuple[tuple[str, bool], ...]

    @property
    def length(self) -> int:
        """Number of characters."""
        return sum(len(piece) for piece, _ in self.pieces)


def parts_of(hit: HitOut) -> list[Part]:
    """Return a hit's text with the words of the question marked; a question and its answer are two parts."""
    if not hit.answer_start:
        return [Part("", tuple(cut(flowed(hit.text), hit.highlights)))]
    bounds = (("Vraag", 0, hit.answer_start), ("Antwoord", hit.answer_start, len(hit.text)))
    return [Part(label, _slice(hit, start, end)) for label, start, end in bounds]


def passage_of(citation: CitationOut, hits: Iterable[HitOut]) -> list[tuple[str, bool]]:
    """Return the passage of a citation in pieces of (text, is cited), or the quote alone where it was not found."""
    text = next((hit.text for hit in hits if hit.passage_id == citation.passage_id), citation.quote)
    return list(cut(flowed(text), sorted(_places(text, citation.quote))))


def _slice(hit: HitOut, start: int, end: int) -> tuple[tuple[str, bool], ...]:
    text = flowed(hit.text)
    start += len(text[start:end]) - len(text[start:end].lstrip("\n"))
    return tuple(cut(text, hit.highlights, start, start + len(text[start:end].rstrip("\n"))))


def _places(text: str, quote: str) -> Iterator[tuple[int, int]]:
    """Yield where a quote stands; one of several spans, such as a table row and its header, piece by piece."""
    after = 0
    for piece in [quote] if quote in text else quote.split("\n\n"):
        start = text.find(piece, after)
        if start >= 0:
            after = start + len(piece)
            yield start, after
