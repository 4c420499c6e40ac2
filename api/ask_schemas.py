"""What goes over HTTP for an answer: every field bounded and described."""

import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.fields import WHOLE, Day
from api.named import NamedOut
from api.schemas import MAX_K, HitOut, PlaceOut, QuestionText, SearchFilters, SpanOut, passage_url, place_of
from index.answer.answer import Look
from index.answer.citation import Citation, reference
from index.answer.verdict import Verdict
from ingest.document import Document, Kind, Passage

MAX_TURNS = 20


class Turn(BaseModel):
    """Een vraag van daarvoor."""

    question: QuestionText


class AskRequest(BaseModel):
    """Een vraag, met de vragen die eraan voorafgingen."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[
        QuestionText,
        Field(
            description="vraag in het Nederlands",
            examples=["Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"],
        ),
    ]
    history: Annotated[
        list[Turn], Field(max_length=MAX_TURNS, description="eerdere vragen in dit gesprek, de oudste eerst")
    ] = []
    filters: SearchFilters = SearchFilters()
    as_of: Annotated[
        Day | None,
        Field(description="alleen wat op deze dag al bestond; een document zonder datum valt dan weg"),
    ] = None
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

    text: Annotated[str, Field(description="de zin; zonder taalmodel letterlijk uit de bron, op een regel gezet")]
    citations: Annotated[list[int], Field(min_length=1, description="nummers van de bronnen in `citations`")]
    answer_span: Annotated[
        tuple[int, int] | None,
        Field(description="[begin, einde) in `text` van de datum, het getal of de naam die gevraagd is; null: geen"),
    ] = None


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
        metadata = document.metadata
        return cls(
            question=document.quote(pair.question),
            answer=document.quote(pair.answer),
            member=metadata.member,
            minister=metadata.minister,
            date=metadata.date,
            number=metadata.number,
        )


class CitationOut(PlaceOut):
    """Een bron: een letterlijk citaat met zijn plaats."""

    n: Annotated[int, Field(ge=1, description="nummer in dit antwoord")]
    quote: Annotated[str, Field(description="letterlijk, zoals het in het document staat")]
    number: Annotated[str | None, Field(description="nummer van het document; null: niet bekend")] = None
    session: Annotated[str | None, Field(description="parlementair jaar, zoals 2017-2018; null: niet bekend")] = None
    member: Annotated[str | None, Field(description="vraagsteller; null: geen of niet bekend")] = None
    minister: Annotated[str | None, Field(description="minister; null: geen of niet bekend")] = None
    readings: Annotated[
        tuple[str, ...],
        Field(description="van een tabelrij elke cel gelezen als rij × kolom = waarde, eenheid; naast het citaat"),
    ] = ()
    spans: list[SpanOut]
    sha256: Annotated[list[str], Field(description="SHA-256 van elke bladzijde in `spans`, in die volgorde")]
    pair: Annotated[
        PairOut | None, Field(description="de parlementaire vraag met het antwoord waaruit geciteerd wordt")
    ]
    later: Annotated[LaterOut | None, Field(description="een nieuwer document over hetzelfde; null: geen gevonden")]

    @classmethod
    def of(cls, n: int, citation: Citation) -> Self:
        """Return a citation as it goes out."""
        document, passage, later = citation.document, citation.passage, citation.later
        return cls(
            **place_of(document, passage, citation.own),
            n=n,
            quote=citation.quote,
            number=document.metadata.number,
            session=document.metadata.session,
            member=document.metadata.member,
            minister=document.metadata.minister,
            readings=citation.readings,
            spans=SpanOut.each(citation.spans),
            sha256=[document.pages[page - 1].sha256 for page in dict.fromkeys(s.page for s in citation.spans)],
            pair=PairOut.of(document, passage),
            later=LaterOut(
                title=later.document.metadata.title,
                date=later.document.metadata.date,
                reference=reference(later.document, later.passage),
                url=passage_url(later.document.document_id, later.passage.passage_id),
            )
            if later
            else None,
        )


class SearchedOut(BaseModel):
    """Waarin gezocht is."""

    documents: Annotated[int, Field(ge=0)]
    passages: Annotated[int, Field(ge=0)]
    kinds: list[Kind]
    period: Annotated[
        tuple[datetime.date, datetime.date] | None,
        Field(description="vroegste en laatste dag van de documenten die een datum of parlementair jaar noemen"),
    ]
    undated: Annotated[int, Field(ge=0, description="documenten zonder datum of parlementair jaar")]


class AbstentionOut(BaseModel):
    """Waarom er geen antwoord is, waarin gezocht is, en wat er het dichtst bij ligt."""

    reason: str
    searched: SearchedOut
    nearest: Annotated[list[HitOut], Field(max_length=3, description="dichtstbij, maar geen antwoord")]


class PrecedentOut(BaseModel):
    """Een parlementaire vraag die hierop lijkt, met elk antwoord dat erop gegeven is, het nieuwste eerst."""

    question: str
    answers: Annotated[list[CitationOut], Field(min_length=1)]


class AskResponse(BaseModel):
    """Een antwoord met bronnen, of een eerlijk 'niet gevonden'."""

    question: str
    standalone_question: Annotated[
        str, Field(description="de vraag zoals er gezocht is, te begrijpen zonder de vragen ervoor")
    ]
    corrected_question: Annotated[
        str | None, Field(description="die vraag met verbeterde tikfouten, zoals er op woorden gezocht is; null: geen")
    ] = None
    named: Annotated[list[NamedOut], Field(description="wat de vraag noemt en meetelt")] = []
    answered: Annotated[bool, Field(description="of er een zin getoond wordt, zeker of misschien")]
    look: Annotated[
        Look,
        Field(description="zeker: een antwoord; misschien: dit gaat misschien over de vraag; niets: niets gevonden"),
    ]
    confidence: Annotated[float, Field(ge=0, le=1, description="kans dat dit de vraag beantwoordt, geijkt")]
    verdict: Annotated[
        Verdict | None,
        Field(description="wat het eerste citaat zelf zegt op een vraag naar ja of nee; null: een andere vraag"),
    ] = None
    statements: list[StatementOut]
    citations: list[CitationOut]
    abstention: AbstentionOut | None
    precedents: list[PrecedentOut]
    related: list[HitOut]
    dropped: Annotated[int, Field(ge=0, description="citaten die niet letterlijk teruggevonden werden en wegvielen")]
    written_by: Annotated[str, Field(description="'citaten', of de naam van het taalmodel dat de zinnen schreef")]
    notice: Annotated[str | None, Field(description="wat de lezer van dit antwoord moet weten")] = None
    took_ms: Annotated[float, Field(ge=0)]
