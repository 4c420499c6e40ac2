"""What a search can be narrowed to, counted over the whole corpus, and how that lies in time."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from api.ask_schemas import AskRequest
from api.schemas import SearchFilters
from api.web.render import TOPIC_NAMES
from api.web.state import PageState
from index.answer.citation import KIND_NAMES
from index.search.exact import narrow, read_operators
from index.search.named import named_strengths
from index.search.rank import Searcher
from index.store.engine import Engine, Field, Where
from ingest.document import Kind, Topic

_FEW = 5  # values in sight; the others are behind "meer"
_MOST = 30  # values of a property; more is no list but a search, in the list of documents
# Name in the address and in the engine, legend, name in the filters of the API.
_PROPERTIES: tuple[tuple[Field, str, str], ...] = (
    ("kind", "Soort", "kind"),
    ("topic", "Onderwerp", "topic"),
    ("document", "Document", "document_id"),
)


class Narrowing:
    """Counts passages of the whole corpus: of each property as if that property were not yet narrowed.

    What is counted are the passages with all words of the question or, where none has them, all that is searched.
    """

    def __init__(self, searcher: Searcher, question: str, wanted: AskRequest) -> None:
        self._searcher, self._question, self._filters = searcher, question, wanted.filters
        self._engine = searcher.index.engine
        self.by_words = self._engine.count(searcher.holding(question))[0] > 0
        self.named = searcher.named(question)
        strengths = named_strengths(self.named)
        named = {name for name, strength in strengths.items() if strength == max(strengths.values())}
        self._named = named if len(named) <= _FEW else set[str]()

    @property
    def holding(self) -> int:
        """Number of passages with all words of the question, within the filters."""
        return self._engine.count(self._without())[0] if self.by_words else 0

    def facets(self, state: PageState) -> Iterator[dict[str, Any]]:
        """Yield the properties that can be narrowed: `name` in the address, `legend`, first values, and `more` of them.

        Of each value its `label`, the `count` of passages that have it, and whether it is `chosen`.
        """
        for name, legend, field in _PROPERTIES:
            counts, chosen = self._engine.facet(name, self._without(field)), getattr(state, name)
            first = {*chosen, *(self._named if name == "document" else ())}
            rows = [(value, self._label(name, value), counts.get(value, 0)) for value in first.union(counts)]
            rows.sort(key=lambda row: (row[0] not in first, -row[2], row[1]))
            options = [
                {"value": value, "label": label, "count": count, "chosen": value in chosen}
                for value, label, count in rows
            ]
            few = max(_FEW, len(first))
            if options:
                yield {"name": name, "legend": legend, "options": options[:few], "more": options[few:_MOST]}

    def timeline(self, state: PageState) -> dict[str, Any]:
        """Return the passages by year, as a filter on that year would leave them.

        Returns:
            `years`, newest first, and `more`, older ones, those without passages left out: each its `count`, the
            `length` of its bar from 0 to 100, and the `url` that leads to it alone or, where it is `chosen`, back;
            `spread`: passages that count in two years, since their document names only its parliamentary year;
            `undated`: of none.
        """
        found = self._engine.facet("document", self._without("date_from", "date_to"))
        counts, undated = by_year(self._engine, found)
        most, years = max(counts.values(), default=1), []
        for year in sorted(counts, reverse=True):
            alone = state.in_year(year)
            chosen = (state.date_from, state.date_to) == (alone.date_from, alone.date_to)
            target = state.with_(date_from="", date_to="") if chosen else alone
            length = round(100 * counts[year] / most, 1)
            years.append({"year": year, "count": counts[year], "length": length, "chosen": chosen, "url": target.url()})
        spread = counts.total() + undated - sum(found.values())
        return {"years": years[:_FEW], "more": years[_FEW:], "spread": spread, "undated": undated}

    def chosen(self, state: PageState) -> Iterator[tuple[str, str]]:
        """Yield each filter that is set: its label, and the address without it."""
        for name, _, _ in _PROPERTIES:
            values = getattr(state, name)
            for value in values:
                fewer = tuple(other for other in values if other != value)
                yield self._label(name, value), state.with_(**{name: fewer}).url()
        for end, words in (("date_from", "vanaf"), ("date_to", "tot en met")):
            if day := getattr(self._filters, end):
                yield f"{words} {day:%d/%m/%Y}", state.with_(**{end: ""}).url()

    def _label(self, name: str, value: str) -> str:
        """What a value of a filter is called."""
        if name == "document":
            digest = self._engine.digests().get(value)
            return digest.metadata.title if digest else value
        return KIND_NAMES[Kind(value)] if name == "kind" else TOPIC_NAMES[Topic(value)]

    def _without(self, *fields: str) -> Where:
        """What is counted, without the filters named."""
        empty = {field: SearchFilters.model_fields[field].default for field in fields}
        where = self._filters.model_copy(update=empty).to_filters().where
        if self.by_words:
            return self._searcher.holding(self._question, where)
        where = narrow(where, read_operators(self._question), self._engine.digests())
        return where if self._engine.count(where)[0] else replace(where, wanted=())  # as the search without a quote


def by_year(engine: Engine, counts: Mapping[str, int]) -> tuple[Counter[int], int]:
    """Return documents' numbers of passages by year, a parliamentary year in both its years, and those of no year."""
    years, undated, digests = Counter[int](), 0, engine.digests()
    for name, count in counts.items():
        if period := digests[name].metadata.period:
            years.update(dict.fromkeys(range(period[0].year, period[1].year + 1), count))
        else:
            undated += count
    return years, undated
