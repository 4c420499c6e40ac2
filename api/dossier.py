"""An incoming written question -> dossier as it goes out, the same over HTTP, on the page and in Word."""

import itertools
from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.ask_schemas import CitationOut
from api.errors import ApiError
from api.schemas import SearchFilters
from index.answer.answer import Answerer, Look
from index.answer.dossier import MAX_QUESTIONS, Dossier, Earlier, Found, Part, make_dossier
from index.answer.same import differing
from ingest.asked import read_asked
from ingest.dutch import join_lines

MAX_CHARS = 30_000  # of an incoming question; the longest of the Chamber in 2017 has some 12,000
_NO_QUESTION = "In deze tekst staat geen vraag; plak de hele schriftelijke vraag, met wat ze vraagt."
TOO_MANY = f"Van de deelvragen zijn de eerste {MAX_QUESTIONS} opgezocht; vraag de andere apart."


class DossierRequest(BaseModel):
    """Een schriftelijke vraag die binnenkwam."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_CHARS),
        Field(
            description="de hele vraag: onderwerp, inleiding en genummerde deelvragen",
            examples=["Maatwerkbedrijven\n\nEnclaves moeten gemeld worden.\n\n1. Hoeveel enclaves werden gemeld?"],
        ),
    ]
    filters: SearchFilters = SearchFilters()


class EarlierOut(BaseModel):
    """Een vraag die al beantwoord is."""

    question: str = Field(description="de vraag van toen, letterlijk")
    differs: list[tuple[int, int]] = Field(
        description="[begin, einde) in `question` van woorden die nu niet gevraagd zijn"
    )
    same_question: float = Field(ge=0, le=1, description="kans dat het dezelfde vraag is, geijkt")
    same_minister: bool = Field(description="of dezelfde minister toen antwoordde")
    answer: CitationOut = Field(description="het hele antwoord; `later` zegt of er iets nieuwers is")


class PartOut(BaseModel):
    """Een deelvraag, met wat ervoor gevonden is."""

    number: str
    question: str = Field(description="de deelvraag, letterlijk op een regel")
    searched: str = Field(description="de deelvraag zoals er gezocht is, met haar onderwerp")
    found: Found = Field(description="wat er is")
    same: list[EarlierOut] = Field(description="dezelfde vraag, eerder beantwoord; de nieuwste eerst")
    related: list[EarlierOut] = Field(description="andere vragen hierover; de nieuwste eerst")
    look: Look = Field(description="hoe zeker de passages antwoorden")
    confidence: float = Field(ge=0, le=1, description="kans dat de passages antwoorden, geijkt")
    passages: list[CitationOut] = Field(description="passages die antwoorden, letterlijk")
    missing: list[str] = Field(description="woorden van de deelvraag die in niets daarvan staan")


class DossierOut(BaseModel):
    """Een schriftelijke vraag met per deelvraag wat er al over gezegd is; elke zin is een citaat."""

    subject: str
    introduction: str
    member: str | None
    ministers: list[str]
    coverage: str = Field(description="hoeveel deelvragen al beantwoord zijn, in woorden")
    counts: dict[Found, int] = Field(description="hetzelfde in cijfers")
    parts: list[PartOut]
    left_out: int = Field(ge=0, description="deelvragen die niet opgezocht zijn, omdat er te veel zijn")


def build(answerer: Answerer, text: str, filters: SearchFilters | None = None) -> DossierOut:
    """Make a dossier of an incoming question; its citations are numbered from first to last.

    Raises:
        ApiError: 422, the text asks nothing, or a document of the filters is not there.
    """
    asked = read_asked(text)
    if not asked.questions:
        raise ApiError(422, _NO_QUESTION)
    dossier = make_dossier(answerer, asked, filters.to_filters() if filters else None)
    numbers = itertools.count(1)
    return DossierOut(
        subject=asked.subject,
        introduction=asked.introduction,
        member=asked.member,
        ministers=list(asked.ministers),
        coverage=coverage(dossier),
        counts={found: dossier.count(found) for found in Found},
        parts=[_part(part, numbers) for part in dossier.parts],
        left_out=len(asked.questions) - len(dossier.parts),
    )


def coverage(dossier: Dossier) -> str:
    """Say how many sub-questions were answered before.

    Of five: "2 van de 5 deelvragen eerder beantwoord; voor 2 zijn er alleen passages; voor 1 is er niets gevonden."
    """
    total = "1 deelvraag" if len(dossier.parts) == 1 else f"{len(dossier.parts)} deelvragen"
    cited = dossier.count(Found.CITED) + dossier.count(Found.PERHAPS)
    nothing = dossier.count(Found.NOTHING)
    told = [f"{dossier.count(Found.BEFORE)} van de {total} eerder beantwoord"]
    told += [f"voor {cited} zijn er alleen passages"] if cited else []
    told += [f"voor {nothing} is er niets gevonden"] if nothing else []
    return "; ".join(told) + "."


def _part(part: Part, numbers: Iterator[int]) -> PartOut:
    asked = f"{part.asked.text} {part.searched}"
    return PartOut(
        number=part.asked.number,
        question=part.asked.text,
        searched=part.searched,
        found=part.found,
        same=[_earlier(one, asked, next(numbers)) for one in part.same],
        related=[_earlier(one, asked, next(numbers)) for one in part.related],
        look=part.answer.look,
        confidence=part.answer.confidence,
        passages=[CitationOut.of(next(numbers), one) for one in part.passages],
        missing=list(part.missing),
    )


def _earlier(one: Earlier, asked: str, n: int) -> EarlierOut:
    document, pair = one.precedent.document, one.precedent.pair
    question = join_lines(document.quote(pair.question))
    return EarlierOut(
        question=question,
        differs=differing(question, asked),
        same_question=one.chance,
        same_minister=one.same_minister,
        answer=CitationOut.of(n, one.precedent.cite(one.later)),
    )
