"""What the hits can be narrowed to, with counts, and how they lie in time."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from api.ask_schemas import AskRequest
from api.schemas import MAX_K, HitOut
from api.web.render import TOPIC_NAMES
from api.web.state import PageState
from index.answer.citation import KIND_NAMES
from index.search.hit import Analysed
from index.search.rank import Searcher
from ingest.document import Topic

Found = tuple[str, Sequence[Topic]]  # document and topics of a passage that was found

_FULL_BAR = 40  # height of the longest bar, in units of the drawing
_MOST_YEARS = 40  # over a longer time years without hits are left out


@dataclass(frozen=True, slots=True)
class Option:
    """A value that hits can be narrowed to; `count` hits have it."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A property of hits, with its values; `name` is the parameter in the address."""

    name: str
    legend: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Year:
    """The hits of a year; `height` of its bar from 0 to 40, `url` leads to them alone, or back from there."""

    year: int
    count: int
    height: float
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Hits by year.

    Attributes:
        years: the first year with a hit to the last.
        spread: hits that count in two years, since their document names only its parliamentary year.
        undated: hits of documents that name neither.
    """

    years: tuple[Year, ...]
    spread: int
    undated: int


class Narrowing:
    """Counts the hits of a question: of each property as if that property were not yet narrowed.

    Args:
        searcher: what found the hits.
        question: the question as it was searched.
        wanted: what was asked, with its filters.
        hits: what was found.
    """

    def __init__(self, searcher: Searcher, question: str, wanted: AskRequest, hits: Sequence[HitOut]) -> None:
        self._searcher = searcher
        self._question = question
        self._filters = wanted.filters
        self._hits = [(hit.document_id, hit.topics) for hit in hits]

    @cached_property
    def _analysed(self) -> Analysed:
        return self._searcher.analyse(self._question)

    def facets(self, state: PageState) -> Iterator[Facet]:
        """Yield the properties that can still be narrowed, or are narrowed already."""
        documents = self._searcher.index.documents
        kinds = Counter(documents[name].metadata.kind.value for name, _ in self._without("kind"))
        topics = Counter(topic.value for _, topics in self._without("topic") for topic in topics)
        names = Counter(name for name, _ in self._without("document_id"))
        for name, legend, counts, chosen in (
            ("kind", "Soort", kinds, state.kind),
            ("topic", "Onderwerp", topics, state.topic),
            ("document", "Document", names, state.document),
        ):
            options = tuple(_options(counts, self._labels(name), chosen))
            if options:
                yield Facet(name, legend, options)

    def timeline(self, state: PageState) -> Timeline:
        """Return the hits by year, as a filter on that year would find them."""
        documents = self._searcher.index.documents
        periods = [documents[name].metadata.period for name, _ in self._without("date_from", "date_to")]
        counts = Counter(year for period in periods if period for year in range(period[0].year, period[1].year + 1))
        spread = sum(period is not None and period[0].year < period[1].year for period in periods)
        return Timeline(tuple(_years(counts, state)), spread, sum(period is None for period in periods))

    def chosen(self, state: PageState) -> Iterator[tuple[str, str]]:
        """Yield each filter that is set: its label, and the address without it."""
        for name, values in (("kind", state.kind), ("topic", state.topic), ("document", state.document)):
            for value in values:
                fewer = tuple(other for other in values if other != value)
                yield self._labels(name).get(value, value), state.with_(**{name: fewer}).url()
        if self._filters.date_from:
            yield f"vanaf {self._filters.date_from:%d/%m/%Y}", state.with_(date_from="").url()
        if self._filters.date_to:
            yield f"tot en met {self._filters.date_to:%d/%m/%Y}", state.with_(date_to="").url()

    def _labels(self, name: str) -> Mapping[str, str]:
        """What the values of a filter are called."""
        if name == "document":
            return {key: document.metadata.title for key, document in self._searcher.index.documents.items()}
        return {member.value: label for member, label in (KIND_NAMES if name == "kind" else TOPIC_NAMES).items()}

    def _without(self, *fields: str) -> Sequence[Found]:
        """What is found without the filters named; searched anew only where one of those is set."""
        if not any(getattr(self._filters, field) for field in fields):
            return self._hits
        empty: dict[str, object] = {
            field: [] if isinstance(getattr(self._filters, field), list) else None for field in fields
        }
        wider = self._filters.model_copy(update=empty).to_filters()
        rows = self._searcher.rank(self._analysed, wider).rows[:MAX_K]
        passages = [self._searcher.index.passages[row] for row in rows]
        return [(passage.document_id, passage.topics) for passage in passages]


def _options(counts: Counter[str], labels: Mapping[str, str], chosen: Sequence[str]) -> Iterator[Option]:
    values = sorted({*counts, *chosen}, key=lambda value: (-counts[value], labels.get(value, value)))
    for value in values:
        yield Option(value, labels.get(value, value), counts[value], value in chosen)


def _years(counts: Counter[int], state: PageState) -> Iterator[Year]:
    if not counts:
        return
    first, last, most = min(counts), max(counts), max(counts.values())
    for year in range(first, last + 1) if last - first < _MOST_YEARS else sorted(counts):
        day_from, day_to = f"{year:04}-01-01", f"{year:04}-12-31"
        chosen = (state.date_from, state.date_to) == (day_from, day_to)
        target = state.with_(date_from="", date_to="") if chosen else state.with_(date_from=day_from, date_to=day_to)
        yield Year(year, counts[year], round(_FULL_BAR * counts[year] / most, 1), chosen, target.url())
