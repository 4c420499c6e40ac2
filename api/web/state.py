"""What the address of the search page says: every state of the page is an address."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlencode

from fastapi import Request
from pydantic import BaseModel, Field

from api.ask_schemas import MAX_TURNS, AskRequest
from api.routes import checked
from api.schemas import MAX_K

PAGE_SIZE = 10
# Parameter in the address -> attribute; the order is that of an address.
_SINGLE = {"q": "q", "standalone": "standalone", "from": "date_from", "to": "date_to", "sort": "sort", "page": "page"}
_REPEATED = {"h": "history", "kind": "kind", "topic": "topic", "document": "document", "ignore": "ignore"}


class Sort(StrEnum):
    """Order of the hits."""

    RELEVANCE = "relevantie"
    DATE = "datum"
    OLDEST = "oudste"


class Listing(BaseModel):
    """Which hits are shown, in which order."""

    sort: Sort = Sort.RELEVANCE
    page: Annotated[int, Field(ge=1, le=MAX_K // PAGE_SIZE)] = 1


@dataclass(frozen=True, slots=True)
class PageState:
    """The parameters as they were typed; they are checked only when used, so that a form can show them again."""

    q: str | None = None  # the question; None where nothing was asked
    standalone: str = ""  # the question as it should be read, where the user corrected that
    history: tuple[str, ...] = ()  # the questions before it, oldest first
    kind: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    document: tuple[str, ...] = ()  # document_ids
    ignore: tuple[str, ...] = ()  # keys of what the question names and that should not count
    date_from: str = ""  # as JJJJ-MM-DD
    date_to: str = ""
    sort: str = ""  # one of `Sort`
    page: str = ""  # of hits, from 1

    @classmethod
    def from_params(cls, params: Iterable[tuple[str, str]]) -> Self:
        """Return the state of an address; the unknown, the empty and how to read no question are left out."""
        given: dict[str, list[str]] = defaultdict(list)
        for name, value in params:
            if value or name == "q":
                given[name].append(value)
        if "q" not in given:
            given.pop("standalone", None)
        fields: dict[str, Any] = {of: given[name][-1] for name, of in _SINGLE.items() if name in given}
        fields |= {of: tuple(dict.fromkeys(given[name])) for name, of in _REPEATED.items()}
        return cls(**fields | {"history": tuple(given["h"])})  # a question may be asked twice

    def fields(self, *without: str) -> Iterator[tuple[str, str]]:
        """Yield the parameters that are set, but for those named."""
        for name, attribute in (_SINGLE | _REPEATED).items():
            value = getattr(self, attribute)
            if name not in without and value not in (None, "", ()):
                yield from ((name, one) for one in ([value] if isinstance(value, str) else value))
        if self.q == "" and "q" not in without:
            yield "q", ""

    def url(self, path: str = "/", **more: str) -> str:
        """Return the address of this state on a page."""
        query = urlencode([*self.fields(), *more.items()])
        return f"{path}?{query}" if query else path

    def with_(self, **changes: str | tuple[str, ...]) -> Self:
        """Return the state with some attributes changed, on the first page of hits."""
        fields: dict[str, Any] = {"page": "", **changes}
        return replace(self, **fields)

    def in_year(self, year: int) -> Self:
        """Return the state narrowed to a year."""
        return self.with_(date_from=f"{year:04}-01-01", date_to=f"{year:04}-12-31")

    def without_filters(self) -> Self:
        """Return the same question without filters."""
        return self.with_(kind=(), topic=(), document=(), date_from="", date_to="")

    @property
    def filtered(self) -> bool:
        """Whether a filter is set."""
        return self != replace(self.without_filters(), page=self.page)

    @property
    def turns(self) -> tuple[str, ...]:
        """The questions that a follow-up leans on, this one included, as many as the API takes."""
        return (*self.history, self.standalone or self.q or "")[-MAX_TURNS:]

    def to_ask(self, k: int = 10) -> AskRequest:
        """Return the question as the API knows it; raises ApiError, 422, where something is not what it takes."""
        values = {"kind": self.kind, "topic": self.topic, "document_id": self.document, "ignore": self.ignore}
        period = {"date_from": self.date_from or None, "date_to": self.date_to or None}
        history = [{"question": asked} for asked in (() if self.standalone else self.history)]
        question = self.standalone or self.q or ""
        return checked(AskRequest, question=question, history=history, filters=values | period, k=k)

    def to_listing(self) -> Listing:
        """Return which hits to show; raises ApiError, 422, where there is no such order or page."""
        return checked(Listing, **{name: value for name in ("sort", "page") if (value := getattr(self, name))})


def read_state(request: Request) -> PageState:
    """Return the state of the page that is asked for."""
    return PageState.from_params(request.query_params.multi_items())
