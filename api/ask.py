"""Question -> answer as it goes out, the same over HTTP, on the page and on the command line."""

import time
from collections.abc import Sequence

from api.ask_schemas import (
    AbstentionOut,
    AskRequest,
    AskResponse,
    CitationOut,
    PrecedentOut,
    SearchedOut,
    StatementOut,
)
from api.named import NamedOut
from api.schemas import HitOut
from index.answer.answer import Answer, Answerer, Look, Statement
from index.answer.precedent import Precedent, group_pairs
from index.search.hit import Filters
from index.store.engine import Digest

_NEAREST = 3
_PRECEDENTS_AMONG = 10  # hits; further down they ask something else
EXTRACTIVE = "citaten"
UNSURE_TOLD = "Misschien gaat dit over uw vraag; een zeker antwoord is het niet."


def ask(answerer: Answerer, wanted: AskRequest) -> AskResponse:
    """Answer a question from the corpus."""
    started = time.perf_counter()
    filters = _filters(wanted)
    found = answerer.answer(wanted.question, [turn.question for turn in wanted.history], filters, wanted.k)
    related = [HitOut.from_hit(hit) for hit in found.hits]
    citations = [CitationOut.of(n, statement) for n, statement in enumerate(found.statements, start=1)]
    return AskResponse(
        question=wanted.question,
        standalone_question=found.standalone,
        corrected_question=found.corrected if found.corrected != found.standalone else None,
        named=NamedOut.each(found.hits[0].query.named_with(filters)) if found.hits else [],
        answered=found.answered,
        look=found.look,
        confidence=found.confidence,
        statements=[
            StatementOut(text=s.text, citations=[n], answer_span=s.answer_span)
            for n, s in enumerate(found.statements, start=1)
        ],
        citations=citations,
        abstention=None if found.answered else _abstention(answerer, found, filters, related),
        precedents=_precedents(found) if found.answered else [],
        related=related,
        dropped=found.dropped,
        written_by=EXTRACTIVE,
        notice=_notice(found.statements),
        took_ms=1000 * (time.perf_counter() - started),
    )


def describe(response: AskResponse) -> str:
    """Return an answer as plain Dutch text, each statement followed by its references."""
    lines = []
    if response.standalone_question != response.question:
        lines.append(f"Gezocht als: {response.standalone_question}")
    if response.look is Look.UNSURE:
        lines.append(UNSURE_TOLD)
    for statement in response.statements:
        lines.append(f"{statement.text} {''.join(f'[{n}]' for n in statement.citations)}")
    lines += [f"[{citation.n}] {citation.reference}" for citation in response.citations]
    if response.abstention:
        searched = response.abstention.searched
        lines.append(f"Geen antwoord gevonden. {response.abstention.reason}")
        lines.append(f"Gezocht in {searched.documents} documenten ({searched.passages} passages).")
        lines += [f"- {hit.reference}: {' '.join(hit.text.split())[:200]}..." for hit in response.abstention.nearest]
    if response.notice:
        lines.append(response.notice)
    lines.append(f"Zekerheid: {confidence_words(response.confidence)} ({100 * response.confidence:.0f} %).")
    return "\n\n".join(lines)


def confidence_words(confidence: float) -> str:
    """Return a calibrated confidence in words, those of the whole per cents that stand beside it."""
    percent = round(100 * confidence)
    if percent >= 85:
        return "hoog"
    return "redelijk" if percent >= 60 else "laag"


def _filters(wanted: AskRequest) -> Filters:
    filters = wanted.filters
    if wanted.as_of:
        last = min(filters.date_to, wanted.as_of) if filters.date_to else wanted.as_of
        filters = filters.model_copy(update={"date_to": last})
    return filters.to_filters()


def _abstention(answerer: Answerer, found: Answer, filters: Filters, related: Sequence[HitOut]) -> AbstentionOut:
    engine = answerer.searcher.index.engine
    counts = engine.facet("document", filters.where)
    documents, passages = [engine.digests()[name] for name in counts], sum(counts.values())
    if not documents:
        reason = "Geen enkel document past bij de gekozen filters; maak ze ruimer."
    elif not found.hits:
        reason = "Er is niets gevonden; gebruik andere of meer woorden."
    else:
        reason = (
            "De documenten lijken deze vraag niet te beantwoorden. Hieronder staat wat er het dichtst bij ligt; "
            "dat is geen antwoord."
        )
    return AbstentionOut(reason=reason, searched=_searched(documents, passages), nearest=list(related[:_NEAREST]))


def _searched(documents: Sequence[Digest], passages: int) -> SearchedOut:
    periods = [document.metadata.period for document in documents]
    known = [period for period in periods if period]
    return SearchedOut(
        documents=len(documents),
        passages=passages,
        kinds=sorted({document.metadata.kind for document in documents}),
        period=(min(first for first, _ in known), max(last for _, last in known)) if known else None,
        undated=len(periods) - len(known),
    )


def _precedents(found: Answer) -> list[PrecedentOut]:
    """Return the parliamentary questions among the hits, those that ask the same together, newest first."""
    return [
        PrecedentOut(
            question=group[0].document.quote(group[0].pair.question),
            answers=[CitationOut.of(n, _whole_answer(one)) for n, one in enumerate(group, start=1)],
        )
        for group in group_pairs((hit.document, hit.passage) for hit in found.hits[:_PRECEDENTS_AMONG])
    ]


def _whole_answer(one: Precedent) -> Statement:
    return Statement(one.document, one.passage, one.pair.answer, one.document.quote(one.pair.answer))


def _notice(statements: Sequence[Statement]) -> str | None:
    """Say what the reader must check before relying on the answer."""
    told = []
    if any(statement.later for statement in statements):
        told.append("Een nieuwer document gaat over hetzelfde: ga na of de oudere tekst nog geldt.")
    undated = [str(n) for n, s in enumerate(statements, start=1) if s.document.metadata.period is None]
    if len(undated) == 1:
        told.append(f"Bron {undated[0]} heeft geen datum.")
    elif undated:
        told.append(f"Bronnen {', '.join(undated[:-1])} en {undated[-1]} hebben geen datum.")
    return " ".join(told) or None
