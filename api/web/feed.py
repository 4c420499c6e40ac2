"""What is new on a matter: the documents of a saved search, newest first, as an Atom feed and as a mail.

A saved search is an address of the search page, or one of a feed; nothing of it is kept here.
Source: RFC 4287 (Atom).
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, urlsplit

from api.ask_schemas import AskRequest
from api.routes import check_documents
from api.schemas import MAX_K, document_url, place_of
from api.text_forms import clean, one_line
from api.web.render import templates
from api.web.state import PageState
from index.search.hit import Hit
from index.search.rank import Searcher
from index.store.engine import Digest
from ingest.document import Document, Metadata, Passage

_MOST = 30  # entries of a feed
_PEOPLE = {"member": "vraagsteller", "minister": "minister"}
_UNDATED = datetime.date.min  # sorts last


@dataclass(frozen=True, slots=True)
class Followed:
    """What somebody follows: a question and filters, as the search page has them, or all that the filters let through.

    `people` are "member" or "minister" -> words of a name.
    """

    state: PageState
    people: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, params: Iterable[tuple[str, str]]) -> "Followed":
        """Return what the parameters of an address say."""
        given = list(params)
        people = tuple((name, value) for name, value in given if name in _PEOPLE and value.strip())
        return cls(replace(PageState.from_params(given), page="", sort=""), people)

    @classmethod
    def of_address(cls, address: str) -> "Followed":
        """Return what an address says; raises ValueError where it is none of a search."""
        if "?" not in address:  # a slip of the pen, which would follow all documents
            raise ValueError(address)
        return cls.of(parse_qsl(urlsplit(address).query))

    @property
    def title(self) -> str:
        """What is followed, in words."""
        told = [value for name, value in self.state.fields() if name != "q"]
        told += [f"{_PEOPLE[name]} {value}" for name, value in self.people]
        return clean(": ".join(filter(None, [self.state.q or "alle documenten", ", ".join(told)])))

    def names(self, metadata: Metadata) -> bool:
        """Whether a document names the people that are followed."""
        return all(
            set(value.casefold().split()) <= set((getattr(metadata, name) or "").casefold().split())
            for name, value in self.people
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A document that is new to somebody."""

    document: Document
    sentence: str  # of it, the one nearest to the question; else how it begins
    source: str  # its reference
    url: str  # where it can be read, from the root of the site


def find_entries(searcher: Searcher, followed: Followed) -> list[Entry]:
    """Return the documents that touch what is followed, newest first; errors of `to_ask` and `check_documents`."""
    wanted = followed.state.with_(q=followed.state.q or "alles").to_ask()
    check_documents(searcher, wanted.filters)
    find, entries = _asked if followed.state.q else _listed, []
    for document, passage, sentence in find(searcher, followed, wanted):
        place = place_of(document, passage)
        entries.append(Entry(document, one_line(sentence), clean(place["reference"]), place["url"]))
    return sorted(entries, key=lambda entry: _day_and_id(entry.document), reverse=True)[:_MOST]


def _asked(searcher: Searcher, followed: Followed, wanted: AskRequest) -> Iterator[tuple[Document, Passage, str]]:
    analysed = searcher.analyse(wanted.question)
    best: dict[str, Hit] = {}
    for hit in searcher.search_analysed(analysed, MAX_K, wanted.filters.to_filters()):
        if hit.matched_terms and followed.names(hit.document.metadata):
            best.setdefault(hit.document.document_id, hit)
    for hit in best.values():
        yield hit.document, hit.passage, hit.document.quote([searcher.nearest_sentence(analysed, hit)])


def _listed(searcher: Searcher, followed: Followed, wanted: AskRequest) -> Iterator[tuple[Document, Passage, str]]:
    filters = wanted.filters.to_filters()
    engine, documents = searcher.index.engine, searcher.index.documents
    held = [engine.digests()[name] for name in engine.facet("document", filters.where)]
    named = [digest for digest in held if followed.names(digest.metadata)]
    named.sort(key=_day_and_id, reverse=True)
    for document in (documents[digest.document_id] for digest in named[:_MOST]):
        passage = next(one for one in document.passages if filters.allows(document, one))
        yield document, passage, document.quote(passage.own)[:300]


def _day_and_id(document: Document | Digest) -> tuple[datetime.date, str]:
    """Return its day, else the first of its parliamentary year, else the first there is; and its id."""
    period = document.metadata.period
    return period[0] if period else _UNDATED, document.document_id


def write_atom(
    followed: Followed, entries: Sequence[Entry], site: str, address: str, changed: datetime.datetime
) -> str:
    """Return a feed, its own address from the root of the site; what is undated has the day that the index changed."""
    periods = [entry.document.metadata.period for entry in entries]
    days = [period[0] if period else changed.date() for period in periods]
    return templates.get_template("feed.html").render(
        title=followed.title,
        updated=max(days, default=changed.date()),
        own=_escaped(site + address),
        page=_escaped(site + followed.state.url()),
        entries=[
            (entry, day, _escaped(site + document_url(entry.document.document_id)), _escaped(site + entry.url))
            for entry, day in zip(entries, days, strict=True)
        ],
    )


def _escaped(address: str) -> str:
    return quote(address, safe=":/?#=&%[]+")
