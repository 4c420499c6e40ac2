"""Question -> answer as it goes out, the same over HTTP, on the page and on the command line."""

import re
import time
from collections.abc import Sequence
from dataclasses import asdict

from api.ask_schemas import AbstentionOut, AskRequest, AskResponse, CitationOut, PrecedentOut, SearchedOut, StatementOut
from api.schemas import HitOut, NamedOut
from index.answer.answer import Answer, Answerer, Look, Searched
from index.answer.verdict import Verdict
from index.search.hit import Filters
from index.store.years import years_in

_NEAREST = 3
_FROM_TODAY = re.compile(r"\b(?:(?:dit|vorig|afgelopen|volgend|komend|huidig) jaar|huidige?)\b", re.IGNORECASE)
EXTRACTIVE = "citaten"
VERDICT_TOLD = {
    Verdict.YES: "Ja, zegt het eerste citaat.",
    Verdict.NO: "Nee, zegt het eerste citaat.",
    Verdict.UNKNOWN: "Ja of nee: niet te zeggen.",
}


def ask(answerer: Answerer, wanted: AskRequest) -> AskResponse:
    """Answer a question from the corpus."""
    started = time.perf_counter()
    filters = _filters(wanted)
    found = answerer.answer(wanted.question, [turn.question for turn in wanted.history], filters, wanted.k)
    related = [HitOut.from_hit(hit) for hit in found.hits]
    numbered = list(enumerate(found.citations, start=1))
    return AskResponse(
        question=wanted.question,
        standalone_question=found.standalone,
        corrected_question=found.corrected if found.corrected != found.standalone else None,
        named=NamedOut.each(found.hits[0].query.named_with(filters)) if found.hits else [],
        answered=found.answered,
        look=found.look,
        confidence=found.confidence,
        verdict=found.verdict,
        statements=[StatementOut(text=one.text, citations=[n], answer_span=one.answer_span) for n, one in numbered],
        citations=[CitationOut.of(n, one) for n, one in numbered],
        abstention=_abstention(found, found.searched, related) if found.searched else None,
        precedents=[
            PrecedentOut(
                question=group[0].document.quote(group[0].pair.question),
                answers=[CitationOut.of(n, one.cite()) for n, one in enumerate(group, start=1)],
            )
            for group in found.precedents
        ],
        related=related,
        dropped=found.dropped,
        written_by=EXTRACTIVE,
        notice=_notice(found),
        took_ms=1000 * (time.perf_counter() - started),
    )


def headed(response: AskResponse) -> tuple[str, list[str]]:
    """Return the heading of an answer in a file, and what stands below it before the first statement."""
    heading, *told = told_unsure(response) or ("Antwoord",)
    return heading, [*told, VERDICT_TOLD[response.verdict]] if response.verdict else told


def told_unsure(response: AskResponse) -> tuple[str, str] | None:
    """Return the heading of what may not be an answer and the advice with it, for every form; None of any other."""
    if response.look is not Look.UNSURE:
        return None
    heading = f"Misschien gaat dit over uw vraag (zekerheid {100 * response.confidence:.0f} %)"
    return heading, "Lees het in de bron voor u erop steunt."


def told_sure(response: AskResponse) -> str:
    """Return how sure an answer is and who wrote its sentences; of what may not be one, its heading says the first."""
    sure = f"Zekerheid: {confidence_words(response.confidence)} ({100 * response.confidence:.0f} %). "
    return ("" if told_unsure(response) else sure) + told_writer(response)


def told_writer(response: AskResponse) -> str:
    """Return who wrote the sentences of an answer."""
    if response.written_by == EXTRACTIVE:
        return "Letterlijke citaten, zonder taalmodel."
    return f"Ingekort door het taalmodel {response.written_by}."


def confidence_words(confidence: float) -> str:
    """Return a calibrated confidence in words, those of the whole per cents that stand beside it."""
    percent = round(100 * confidence)
    if percent >= 85:
        return "hoog"
    return "redelijk" if percent >= 60 else "laag"


def _filters(wanted: AskRequest) -> Filters:
    days = [day for day in (wanted.filters.date_to, wanted.as_of) if day]
    return wanted.filters.model_copy(update={"date_to": min(days, default=None)}).to_filters()


def _abstention(found: Answer, searched: Searched, related: Sequence[HitOut]) -> AbstentionOut:
    if not searched.documents:
        reason = "Geen enkel document past bij de gekozen filters; maak ze ruimer."
    elif not found.hits:
        reason = "Er is niets gevonden; gebruik andere of meer woorden."
    elif found.meant:
        titles = dict.fromkeys(h.document.metadata.title for h in found.hits if h.document.document_id in found.meant)
        reason = f"U noemt {', '.join(titles)}. Stel er een vraag over, of open het hieronder."
    else:
        reason = (
            "De documenten lijken deze vraag niet te beantwoorden. Hieronder staat wat er het dichtst bij ligt; "
            "dat is geen antwoord."
        )
    return AbstentionOut(reason=reason, searched=SearchedOut(**asdict(searched)), nearest=list(related[:_NEAREST]))


def _notice(found: Answer) -> str | None:
    """Say what the reader must check before relying on the answer."""
    told = []
    if found.missing:
        told.append(f"Over {_enumerate(found.missing)} zeggen deze citaten niets.")
    if found.citations and not years_in(found.standalone) and (named := _FROM_TODAY.search(found.standalone)):
        told.append(f"Deze citaten kunnen van vroeger zijn dan u met '{named[0]}' bedoelt: vraag het met het jaartal.")
    if any(citation.later for citation in found.citations):
        told.append("Een nieuwer document gaat over hetzelfde: ga na of de oudere tekst nog geldt.")
    if len(found.undated) > 1:
        told.append(f"Bronnen {_enumerate(found.undated)} hebben geen datum.")
    elif found.undated:
        told.append(f"Bron {found.undated[0]} heeft geen datum.")
    return " ".join(told) or None


def _enumerate(numbers: Sequence[int]) -> str:
    return " en ".join(filter(None, (", ".join(map(str, numbers[:-1])), str(numbers[-1]))))
