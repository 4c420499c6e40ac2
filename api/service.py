"""The searcher that the server uses: loaded when first needed, and again when a new index has been written."""

import datetime
import logging
import os
import threading
import time
from collections.abc import Iterable

from api.access.door import visitor
from api.rankers import Rankers
from api.schemas import MAX_K, ExactOut, HitOut, NamedOut, SearchRequest, SearchResponse
from api.settings import Settings
from index.answer.answer import Answerer
from index.errors import EngineMissing, IndexMissing, RetrievalError
from index.model.embed import Embedder
from index.model.memory import RecentQueries
from index.search.rank import Searcher
from index.store.database import RECORDS_NAME
from index.store.load import LoadedIndex, readable, settle
from index.store.manifest import MANIFEST_NAME

logger = logging.getLogger(__name__)

_MOMENT_S = 2.0  # a small index is loaded within it, and of a large one nobody wants to wait for more
_MOST_VIEWS = 8  # sets of groups whose index is kept
_EACH_S = 1.0  # the database of all servers is asked no more often what was published last
Stamp = tuple[int, int, int]  # when an index was written in ns since 1970, which file, how long


class Newest:
    """Tells whether there is a newer index."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._asked = -_EACH_S
        self._seen: Stamp | None = None
        self._failed: RetrievalError | None = None

    def stamp(self) -> Stamp | None:
        """Return the stamp of the newest index, or None; raises RetrievalError where its server does not answer."""
        if not self._settings.records:
            return self.of_file(MANIFEST_NAME)
        if self._lock.acquire(blocking=self._seen is None):  # with an index in use, nobody waits for who asks
            try:
                if time.monotonic() - self._asked >= _EACH_S:
                    self._ask()
            finally:
                self._lock.release()
        if self._failed is not None:
            raise self._failed.with_traceback(None)
        return self._seen

    def _ask(self) -> None:
        self._failed = None
        try:
            with self._settings.open_records() as store:
                published = store.published()
            self._seen = (published, 0, 0) if published else None
        except IndexMissing:
            self._seen = None
        except RetrievalError as error:
            self._failed = error
        self._asked = time.monotonic()

    def of_file(self, name: str) -> Stamp | None:
        """Return the stamp of a file of the index folder; None where it is not there."""
        try:
            status = os.stat(self._settings.index_dir / name)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size


class Views:
    """The index in use, as each set of groups may see it; made when first asked for, or as `prepared`."""

    def __init__(self, whole: Answerer, prepared: Iterable[frozenset[str]] = ()) -> None:
        self.whole = whole
        self._made: dict[frozenset[str], Answerer] = {}
        self._lock = threading.Lock()
        for groups in prepared:
            self.of(groups)

    @property
    def in_use(self) -> tuple[frozenset[str], ...]:
        """The sets of groups whose index is kept."""
        return tuple(self._made)

    def of(self, groups: frozenset[str] | None) -> Answerer:
        """Return what answers for who is in `groups`; None may read all."""
        index = self.whole.searcher.index
        if groups is None or not index.groups:
            return self.whole
        groups &= index.groups
        if (found := self._made.get(groups)) is not None:
            return found
        with self._lock:
            if groups not in self._made:
                searcher = self.whole.searcher
                made = Answerer(searcher.over(readable(index, groups, searcher.embedder)))
                while len(self._made) >= _MOST_VIEWS:
                    del self._made[next(iter(self._made))]
                self._made[groups] = made
            return self._made[groups]


class SearchService:
    """Holds the model (by default the one of `settings`, loaded at first use) and the index that is on disk now.

    `rankers` rank for it; without them it does so itself, as for a command that asks once.
    """

    def __init__(self, settings: Settings, embedder: Embedder | None = None, rankers: Rankers | None = None) -> None:
        self._settings = settings
        self._embedder = embedder
        self._newest = Newest(settings)
        self._rankers = rankers or Rankers(0)
        self._place = "de databank van BELEIDSWIJZER_RECORDS" if settings.records else str(settings.index_dir)
        self._views: Views | None = None
        self._stamp: Stamp | None = None
        self._failed: tuple[Stamp | None, Stamp | None, Exception] | None = None
        self._loading: threading.Thread | None = None
        self._lock = threading.Lock()

    def embedder(self) -> Embedder:
        """Return the embedding model, with the errors of `Settings.load_embedder`."""
        if self._embedder is None:
            self._embedder = self._settings.load_embedder()
        return self._embedder

    @property
    def loaded(self) -> LoadedIndex | None:
        """The index in use; None before one is loaded."""
        return self._views.whole.searcher.index if self._views else None

    def answerer(self, *, may_wait: bool = True) -> Answerer:
        """Return what searches and answers, for who asks now, over the newest index.

        Nothing else gives out the index, so that nobody finds, counts or is hinted at what they may not read.

        It is loaded by a thread of its own, and the one before it stays in use until that is done: only who finds the
        new one first waits for it, and only a moment; where none is loaded yet, all wait who `may_wait`. A new index
        that cannot be loaded is left alone.

        Raises:
            RetrievalError: there is no usable index.
        """
        started = self.load_soon()
        if started is not None:
            started.join(_MOMENT_S)
        loading = self._loading
        if self._views is None and loading is not None and may_wait:
            loading.join()
        if self._views is not None:
            return self._views.of(visitor().groups)
        if self._failed is not None:
            raise self._failed[2].with_traceback(None)  # else it grows each time
        raise IndexMissing(f"De index in {self._place} wordt nog geladen; probeer het zo opnieuw.")

    def load_soon(self) -> threading.Thread | None:
        """Start to load the newest index where that is needed; return the thread if this call started it.

        Raises:
            RetrievalError: there is no usable index, and none to load.
        """
        try:
            stamp = self._newest.stamp()
        except RetrievalError:
            if self._views is None:
                raise
            return None
        if self._views is not None and stamp in (None, self._stamp):
            return None
        if stamp is None:
            raise IndexMissing.at(self._place)
        with self._lock:
            if self._loading is not None and self._loading.is_alive():
                return None
            if self._failed and self._failed[:2] == (stamp, self._newest.of_file(RECORDS_NAME)):  # not again
                return None
            self._loading = threading.Thread(target=self._load, args=(stamp,), name="load-index", daemon=True)
            self._loading.start()
            return self._loading

    def _load(self, stamp: Stamp) -> None:
        records = self._newest.of_file(RECORDS_NAME)
        try:
            embedder = self.embedder()
        except Exception as error:  # without a model; tried again each time, since no file of the index says when
            self._failed = None, None, error
            return
        try:
            loaded = self._settings.load_index(embedder)
            prepared = self._views.in_use if self._views else ()
            searcher = Searcher(loaded, RecentQueries(embedder), rank=self._rankers.rank)
            self._rankers.prepare(searcher.ranker)
            self._views = Views(Answerer(searcher), prepared)
            self._stamp, self._failed = stamp, None
            settle()
        except EngineMissing as error:  # tried again each time too: nothing here says when its server is back
            self._failed = None, None, error
        except Exception as error:  # whatever is wrong with a new index, the one in use answers on
            unforeseen = not isinstance(error, RetrievalError)  # the sentence of a known one says all
            logger.error("De index kan niet geladen worden: %s", error, exc_info=unforeseen)
            self._failed = stamp, records, error

    def problem(self) -> str | None:
        """Why the index in use is not the newest, in Dutch; None where it is."""
        if self._views is None:
            return None
        try:
            stamp = self._newest.stamp()
        except RetrievalError as unseen:
            return f"Of er een nieuwere index is, is niet te zien; de vorige blijft in gebruik. {unseen}"
        if stamp == self._stamp:
            return None
        if stamp is None:
            return "De index is van de schijf verdwenen; de vorige blijft in gebruik. Draai 'beleidswijzer ingest'."
        if self._failed is None:
            return "Er wordt een nieuwe index geladen; tot dan blijft de vorige in gebruik."
        error = self._failed[2]
        reason = str(error) if isinstance(error, RetrievalError) else f"Er ging iets mis ({type(error).__name__})."
        return f"De nieuwe index kan niet geladen worden; de vorige blijft in gebruik. {reason}"

    def searcher(self) -> Searcher:
        """Return the searcher over the newest index, with the errors of `answerer`."""
        return self.answerer().searcher

    def updated(self) -> datetime.datetime | None:
        """When the index in use was written, in local time; None before it is loaded."""
        return datetime.datetime.fromtimestamp(self._stamp[0] / 1e9).astimezone() if self._stamp else None


def answer(searcher: Searcher, wanted: SearchRequest) -> SearchResponse:
    """Search and return what goes out, the same over HTTP, on the page and on the command line."""
    started = time.perf_counter()
    analysed = searcher.analyse(wanted.query)
    filters = wanted.filters.to_filters()
    ranking = searcher.rank(analysed, filters)
    total = min(MAX_K, len(ranking.rows))
    hits = searcher.hits(ranking, analysed, range(wanted.start, min(wanted.start + wanted.k, total)))
    counts = searcher.count(analysed, filters) if analysed.exact else None
    nearest = [searcher.nearest_sentence(analysed, hit) if wanted.explain else None for hit in hits]
    return SearchResponse(
        query=wanted.query,
        corrected_query=analysed.text if analysed.text != wanted.query else None,
        named=NamedOut.each(analysed.named_with(filters)),
        exact=None if counts is None else ExactOut(passages=counts[0], documents=counts[1]),
        total=total,
        hits=[HitOut.from_hit(hit, span) for hit, span in zip(hits, nearest, strict=True)],
        took_ms=1000 * (time.perf_counter() - started),
    )
