"""What goes over HTTP: every field bounded and described."""

import datetime
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from api.fields import WHOLE, Day
from index.answer.citation import page_label, page_of, pages_of, reference
from index.search.exact import wrong_field
from index.search.hit import Filters, Hit
from index.search.named import Named, NamedBy
from ingest.document import Document, Kind, Passage, Span, Topic
from ingest.references import Described, ReferenceKind, find_references, resolve

MAX_QUERY_CHARS = 1000
MAX_K = 50
MAX_ID_CHARS = 5000  # a path is at most 4,096 bytes; an id of a passage adds its place


def _with_words(text: str) -> str:
    if text and not any(character.isalnum() for character in text):
        raise ValueError("Uw vraag bevat geen woord of getal; typ wat u zoekt.")
    if wrong := wrong_field(text):
        raise ValueError(wrong)
    return text


QuestionText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_QUERY_CHARS),
    AfterValidator(_with_words),
]
_Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_CHARS)]


class SearchFilters(BaseModel):
    """Beperk de zoekopdracht; een leeg veld beperkt niets."""

    model_config = ConfigDict(extra="forbid")

    kind: list[Kind] = Field(default=[], max_length=10, description="soorten document")
    document_id: list[_Id] = Field(default=[], max_length=100, description="documenten")
    topic: list[Topic] = Field(default=[], max_length=10, description="onderwerpen; een passage heeft er minstens een")
    date_from: Day | None = Field(default=None, description="eerste dag, JJJJ-MM-DD")
    date_to: Day | None = Field(
        default=None,
        description="laatste dag, JJJJ-MM-DD. Een document zonder datum telt voor het hele parlementaire jaar dat "
        "het noemt; noemt het ook dat niet, dan valt het weg zodra er een datum gevraagd is.",
    )
    ignore: list[_Id] = Field(
        default=[], max_length=20, description="`key` van wat in de vraag herkend is (`named`) en niet mag meetellen"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.date_from and self.date_to and self.date_from > self.date_to:
            raise ValueError("De begindatum ligt na de einddatum; wissel ze om.")
        return self

    def to_filters(self) -> Filters:
        """Return the same as the index knows it."""
        kinds, documents, topics = tuple(self.kind), tuple(self.document_id), tuple(self.topic)
        return Filters(kinds, documents, topics, self.date_from, self.date_to, tuple(self.ignore))


class SearchRequest(BaseModel):
    """Een zoekopdracht."""

    model_config = ConfigDict(extra="forbid")

    query: QuestionText = Field(
        description="vraag of zoekwoorden in het Nederlands",
        examples=["Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"],
    )
    k: Annotated[int, Field(ge=1, le=MAX_K, description="hoogste aantal passages", strict=True), WHOLE] = 10
    start: Annotated[
        int, Field(ge=0, le=MAX_K, description="hoeveel passages er overgeslagen worden", strict=True), WHOLE
    ] = 0
    filters: SearchFilters = SearchFilters()
    explain: bool = Field(default=False, strict=True, description="zeg bij elke passage waarom ze gevonden is")


class SpanOut(BaseModel):
    """Plaats in de opgeslagen tekst: `pages[page - 1].text[start:end]` van het document."""

    page: int = Field(ge=1, description="volgnummer van de bladzijde in het document, vanaf 1")
    start: int = Field(ge=0, description="eerste teken, vanaf 0, in Unicode-tekens")
    end: int = Field(ge=1, description="een voorbij het laatste teken")

    @classmethod
    def each(cls, spans: Sequence[Span]) -> list[Self]:
        """Return spans as they go out."""
        return [cls(page=span.page, start=span.start, end=span.end) for span in spans]


class ExplanationOut(BaseModel):
    """Waarom een passage gevonden is."""

    dense: float = Field(description="gelijkenis van betekenis, -1 tot 1")
    lexical: float = Field(description="BM25-score van gedeelde woorden, 0 of meer")
    pairs: float = Field(description="BM25-score van gedeelde woordparen, 0 of meer")
    late: float = Field(description="gelijkenis woord voor woord, -1 tot 1")
    known: float | None = Field(
        description="gelijkenis met de bekende vraag van die passage die er het meest op lijkt; null: geen"
    )
    named: float = Field(ge=0, le=1, description="deel van wat de vraag noemt dat dit document is")
    matched_terms: list[str] = Field(description="gedeelde woordstammen")
    nearest_sentence: str = Field(description="de zin die het dichtst bij de vraag ligt, letterlijk")


class PlaceOut(BaseModel):
    """Een passage, waar ze staat en hoe ernaar verwezen wordt."""

    passage_id: str
    document_id: str
    title: str
    kind: Kind
    date: datetime.date | None = Field(description="null: het document noemt geen datum")
    section: list[str] = Field(description="tussentitels boven de passage, de buitenste eerst")
    page: int | None = Field(description="eerste te citeren bladzijde; null waar het document geen nummer geeft")
    page_label: str | None = Field(description="bladzijdenummers zoals ze gedrukt staan; null: niet gedrukt")
    pages: str | None = Field(
        description="bladzijden waar het citaat staat ('15', '2-3'), gedrukt of anders in het bestand"
    )
    reference: str = Field(description="verwijzing om over te nemen")
    ocr_confidence: float | None = Field(
        ge=0, le=1, description="tekst uit een scan: zekerheid van de herkenning, 0 tot 1; null: geen scan"
    )
    url: str = Field(description="adres van de passage in het document")


class HitOut(PlaceOut):
    """Een gevonden passage."""

    rank: int = Field(ge=1, description="1 is de beste")
    score: float = Field(description="hoger is beter; alleen te vergelijken binnen dezelfde vraag")
    spans: list[SpanOut]
    text: str = Field(description="letterlijke tekst; een lege regel scheidt stukken die niet aansluiten")
    highlights: list[tuple[int, int]] = Field(description="[begin, einde) van gedeelde woorden in `text`")
    topics: list[Topic] = Field(default=[], description="onderwerpen van de passage")
    answer_start: int | None = Field(
        default=None, ge=0, description="waar in `text` na de vraag het antwoord begint; null: geen vraag en antwoord"
    )
    copies: list[str] = Field(description="andere bestanden met dezelfde tekst, die niet apart bewaard zijn")
    explanation: ExplanationOut | None = Field(default=None, description="null, tenzij `explain` gevraagd is")

    @classmethod
    def from_hit(cls, hit: Hit, nearest: Span | None = None) -> Self:
        """Return a hit as it goes out; with its explanation if its sentence nearest to the query is given."""
        document, passage = hit.document, hit.passage
        return cls(
            rank=hit.rank,
            score=hit.score,
            **place_of(document, passage),
            spans=SpanOut.each(passage.spans),
            text=hit.text,
            highlights=list(hit.highlights),
            topics=list(passage.topics),
            answer_start=_answer_start(document, passage, hit.text),
            copies=list(document.copies),
            explanation=ExplanationOut(
                **asdict(hit.explanation), matched_terms=hit.matched_terms, nearest_sentence=document.quote([nearest])
            )
            if nearest
            else None,
        )


def _answer_start(document: Document, passage: Passage, text: str) -> int | None:
    pair = document.pair_of(passage)
    parts = pair.answer if pair else ()
    answer = [s for s in passage.spans if any(p.page == s.page and s.start <= p.start < s.end for p in parts)]
    return len(text) - len(document.quote(answer)) if answer and answer[0] != passage.spans[0] else None


class NamedOut(BaseModel):
    """Iets waarmee de vraag documenten noemt; die komen eerst."""

    by: NamedBy = Field(description="waarmee")
    text: str = Field(description="wat herkend is")
    key: str = Field(description="naam om het uit te zetten, met `filters.ignore`")
    documents: int = Field(ge=0, description="aantal documenten dat zo genoemd wordt")

    @classmethod
    def each(cls, named: Sequence[Named]) -> list[Self]:
        """Return what is named as it goes out."""
        return [cls(by=one.by, text=one.text, key=one.key, documents=len(one.documents)) for one in named]


class ExactOut(BaseModel):
    """Wat voldoet aan de zoektekens van de vraag en aan de filters, geteld over alle documenten."""

    passages: int = Field(ge=0)
    documents: int = Field(ge=0)


class SearchResponse(BaseModel):
    """Gevonden passages, de beste eerst."""

    query: str
    corrected_query: str | None = Field(
        description="de vraag met verbeterde tikfouten, zoals er op woorden gezocht is; null: geen"
    )
    named: list[NamedOut] = Field(default=[], description="wat de vraag noemt en meetelt")
    exact: ExactOut | None = Field(
        default=None, description="hoeveel er aan de zoektekens voldoet; null: de vraag heeft er geen"
    )
    total: int = Field(default=0, ge=0, le=MAX_K, description="hoeveel passages er te bladeren zijn, hoogstens 50")
    hits: list[HitOut]
    took_ms: float = Field(ge=0, description="rekentijd, milliseconden")


class DocumentSummary(BaseModel):
    """Wat een document over zichzelf zegt; null is onbekend."""

    document_id: str
    title: str
    kind: Kind
    date: datetime.date | None
    number: str | None
    session: str | None
    minister: str | None
    member: str | None
    language: str | None
    source: str | None
    pages: int = Field(ge=0, description="aantal bladzijden")
    passages: int = Field(ge=0, description="aantal passages")
    origins: dict[str, str] = Field(description="per gegeven waar het gevonden is; wat ontbreekt is onbekend")
    notes: list[str] = Field(description="wat u moet weten over hoe het document gelezen is")
    copies: list[str] = Field(description="andere bestanden met dezelfde tekst, die niet apart bewaard zijn")
    url: str

    @classmethod
    def from_document(cls, document: Document) -> Self:
        """Return a document's summary as it goes out."""
        return cls(
            document_id=document.document_id,
            **asdict(document.metadata),
            pages=len(document.pages),
            passages=len(document.passages),
            notes=list(document.notes),
            copies=list(document.copies),
            url=document_url(document.document_id),
        )


class DocumentList(BaseModel):
    """Alle documenten."""

    documents: list[DocumentSummary]
    total: int = Field(ge=0, description="hoeveel documenten er zijn")


class PageOut(BaseModel):
    """Een bladzijde van de opgeslagen tekst."""

    page: int = Field(ge=1, description="volgnummer, zoals in `spans`")
    label: str | None = Field(description="bladzijdenummer zoals het gedrukt staat")
    text: str
    sha256: str = Field(description="SHA-256 van de tekst in UTF-8")


class ReferenceOut(BaseModel):
    """Een verwijzing in de tekst naar een vraag, een stuk of een wet."""

    span: SpanOut
    kind: ReferenceKind
    normal: str = Field(description="dezelfde vorm voor elke schrijfwijze, zoals 'stuk 1324/1 (2011-2012)'")
    document_id: str | None = Field(description="het document waarnaar verwezen wordt, als het er is")


class DocumentOut(BaseModel):
    """Een heel document."""

    metadata: DocumentSummary
    pages: list[PageOut]
    text: str = Field(description="alle bladzijden achter elkaar")
    references: list[ReferenceOut] = Field(description="verwijzingen in de tekst, in volgorde")

    @classmethod
    def from_document(cls, document: Document, corpus: Collection[Described]) -> Self:
        """Return a document as it goes out, its references resolved in the corpus."""
        return cls(
            metadata=DocumentSummary.from_document(document),
            pages=[PageOut(page=p.number, label=p.label, text=p.text, sha256=p.sha256) for p in document.pages],
            text="".join(page.text for page in document.pages),
            references=[
                ReferenceOut(
                    span=SpanOut(page=page.number, start=found.start, end=found.end),
                    kind=found.kind,
                    normal=found.normal,
                    document_id=resolve(found, corpus),
                )
                for page in document.pages
                for found in find_references(page.text)
            ],
        )


class Alive(BaseModel):
    """De dienst antwoordt."""

    ok: bool


class Health(BaseModel):
    """Toestand van de dienst."""

    ok: bool
    status: Literal["in orde", "vorige index in gebruik"] = Field(description="of dit de nieuwste index is")
    reason: str | None = Field(description="waarom een nieuwere index niet in gebruik is, en wat te doen")
    version: str
    model: str
    corpus_hash: str
    documents: int
    passages: int


def document_url(document_id: str) -> str:
    """Return the address of a document's page."""
    return f"/documents/{quote(document_id, safe='')}"


def passage_url(document_id: str, passage_id: str) -> str:
    """Return the address that shows a passage in its document."""
    return f"{document_url(document_id)}?passage={quote(passage_id, safe='')}#passage"


def place_of(document: Document, passage: Passage, spans: Sequence[Span] = ()) -> dict[str, Any]:
    """Return the fields of `PlaceOut`, and what the document says of itself, for a quote or for the passage's text."""
    spans = spans or passage.own
    return asdict(document.metadata) | {
        "passage_id": passage.passage_id,
        "document_id": document.document_id,
        "section": list(passage.section),
        "page": page_of(document, spans),
        "page_label": page_label(document, spans),
        "pages": pages_of(document, spans),
        "reference": reference(document, passage, spans),
        "ocr_confidence": document.confidence(spans),
        "url": passage_url(document.document_id, passage.passage_id),
    }
