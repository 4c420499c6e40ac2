"""What goes over HTTP for an answer: every field bounded and described."""

import datetime
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.fields import WHOLE, Day
from api.schemas import MAX_K, HitOut, NamedOut, PlaceOut, QuestionText, SearchFilters, SpanOut, place_of
from index.answer.answer import Look
from index.answer.citation import Citation
from index.answer.verdict import Verdict
from ingest.document import Document, Kind, Passage

MAX_TURNS = 20


class Turn(BaseModel):
    """Een vraag van daarvoor."""

    question: QuestionText


def earlier(questions: Iterable[str]) -> list[Turn]:
    """Return the last of the earlier questions as turns; they only help, so what cannot be asked is passed over."""
    turns = []
    for question in questions:
        with suppress(ValidationError):
            turns.append(Turn(question=question[:1000]))
    return turns[-MAX_TURNS:]


class AskRequest(BaseModel):
    """Een vraag, met de vragen die eraan voorafgingen."""

    model_config = ConfigDict(extra="forbid")

    question: QuestionText = Field(
        description="vraag in het Nederlands",
        examples=["Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"],
    )
    history: list[Turn] = Field(
        default=[], max_length=MAX_TURNS, description="eerdere vragen in dit gesprek, de oudste eerst"
    )
    filters: SearchFilters = SearchFilters()
    as_of: Day | None = Field(
        default=None, description="alleen wat op deze dag al bestond; een document zonder datum valt dan weg"
    )
    k: Annotated[int, Field(ge=1, le=MAX_K, description="hoogste aantal verwante passages", strict=True), WHOLE] = 10

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.as_of and self.filters.date_from and self.filters.date_from > self.as_of:
            raise ValueError("De begindatum (date_from) ligt na as_of; wissel ze om.")
        return self


class LaterOut(BaseModel):
    """Een nieuwer document dat over hetzelfde gaat: ga na of de oudere zin nog geldt."""

    title: str
    date: datetime.date | None
    reference: str
    url: str


class StatementOut(BaseModel):
    """Een zin van het antwoord."""

    text: str = Field(description="de zin; zonder taalmodel letterlijk uit de bron, op een regel gezet")
    citations: list[int] = Field(min_length=1, description="nummers van de bronnen in `citations`")
    answer_span: tuple[int, int] | None = Field(
        default=None,
        description="[begin, einde) in `text` van de datum, het getal of de naam die gevraagd is; null: geen",
    )


class PairOut(BaseModel):
    """Een parlementaire vraag met het hele antwoord erop."""

    question: str
    answer: str
    member: str | None
    minister: str | None
    date: datetime.date | None
    number: str | None

    @classmethod
    def of(cls, document: Document, passage: Passage) -> Self | None:
        """Return the pair that a passage is part of, or None."""
        pair = document.pair_of(passage)
        if pair is None:
            return None
        quotes = {"question": document.quote(pair.question), "answer": document.quote(pair.answer)}
        return cls.model_validate(asdict(document.metadata) | quotes)


class CitationOut(PlaceOut):
    """Een bron: een letterlijk citaat met zijn plaats."""

    n: int = Field(ge=1, description="nummer in dit antwoord")
    quote: str = Field(description="letterlijk, zoals het in het document staat")
    number: str | None = Field(default=None, description="nummer van het document; null: niet bekend")
    session: str | None = Field(default=None, description="parlementair jaar, zoals 2017-2018; null: niet bekend")
    member: str | None = Field(default=None, description="vraagsteller; null: geen of niet bekend")
    minister: str | None = Field(default=None, description="minister; null: geen of niet bekend")
    language: str | None = Field(default=None, description="taal van het document, ISO 639-1; null: niet bekend")
    readings: tuple[str, ...] = Field(
        default=(), description="van een tabelrij elke cel gelezen als rij × kolom = waarde, eenheid; naast het citaat"
    )
    spans: list[SpanOut]
    sha256: list[str] = Field(description="SHA-256 van elke bladzijde in `spans`, in die volgorde")
    pair: PairOut | None = Field(description="de parlementaire vraag met het antwoord waaruit geciteerd wordt")
    later: LaterOut | None = Field(description="een nieuwer document over hetzelfde; null: geen gevonden")

    @classmethod
    def of(cls, n: int, citation: Citation) -> Self:
        """Return a citation as it goes out."""
        document, passage, later = citation.document, citation.passage, citation.later
        return cls(
            **place_of(document, passage, citation.own),
            n=n,
            quote=citation.quote,
            readings=tuple(map(str, citation.cells)),
            spans=SpanOut.each(citation.spans),
            sha256=[document.pages[page - 1].sha256 for page in dict.fromkeys(s.page for s in citation.spans)],
            pair=PairOut.of(document, passage),
            later=LaterOut(**place_of(later.document, later.passage)) if later else None,
        )


class SearchedOut(BaseModel):
    """Waarin gezocht is."""

    documents: int = Field(ge=0)
    passages: int = Field(ge=0)
    kinds: list[Kind]
    period: tuple[datetime.date, datetime.date] | None = Field(
        description="vroegste en laatste dag van de documenten die een datum of parlementair jaar noemen"
    )
    undated: int = Field(ge=0, description="documenten zonder datum of parlementair jaar")


class AbstentionOut(BaseModel):
    """Waarom er geen antwoord is, waarin gezocht is, en wat er het dichtst bij ligt."""

    reason: str
    searched: SearchedOut
    nearest: list[HitOut] = Field(max_length=3, description="dichtstbij, maar geen antwoord")


class PrecedentOut(BaseModel):
    """Een parlementaire vraag die hierop lijkt, met elk antwoord dat erop gegeven is, het nieuwste eerst."""

    question: str
    answers: list[CitationOut] = Field(min_length=1)


class AskResponse(BaseModel):
    """Een antwoord met bronnen, of een eerlijk 'niet gevonden'."""

    question: str
    standalone_question: str = Field(description="de vraag zoals er gezocht is, te begrijpen zonder de vragen ervoor")
    corrected_question: str | None = Field(
        default=None, description="die vraag met verbeterde tikfouten, zoals er op woorden gezocht is; null: geen"
    )
    named: list[NamedOut] = Field(default=[], description="wat de vraag noemt en meetelt")
    answered: bool = Field(description="of er een zin getoond wordt, zeker of misschien")
    look: Look = Field(
        description="zeker: een antwoord; misschien: dit gaat misschien over de vraag; niets: niets gevonden"
    )
    confidence: float = Field(ge=0, le=1, description="kans dat dit de vraag beantwoordt, geijkt")
    verdict: Verdict | None = Field(
        default=None, description="wat het eerste citaat zelf zegt op een vraag naar ja of nee; null: een andere vraag"
    )
    statements: list[StatementOut]
    citations: list[CitationOut]
    abstention: AbstentionOut | None
    precedents: list[PrecedentOut]
    related: list[HitOut]
    dropped: int = Field(ge=0, description="citaten die niet letterlijk teruggevonden werden en wegvielen")
    written_by: str = Field(description="'citaten', of de naam van het taalmodel dat de zinnen schreef")
    notice: str | None = Field(default=None, description="wat de lezer van dit antwoord moet weten")
    took_ms: float = Field(ge=0)
