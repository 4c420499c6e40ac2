"""Processes that rank beside the service: the same rankings, whatever becomes of them."""

import datetime
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from api import rankers
from api.rankers import Rankers
from index.search.hit import Filters
from index.search.rank import Searcher
from index.search.ranker import Ranker, Ranking
from index.store.load import load_index
from index.store.local import LocalEngine
from tests.conftest import HashingEmbedder, local_engine
from tests.timing import until

QUERIES = [
    "Hoeveel plaatsen zijn er voor maatwerk in 2019?",
    '"sociale economie" -enclave',
    "wat antwoordde minister Homans over LDE",
    "zeppelins",
]
FILTERS = [None, Filters(date_from=datetime.date(2012, 1, 1)), Filters(document_ids=("is er niet",))]


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rankers]:
    monkeypatch.setattr(rankers, "HELPED_FROM", 1)
    monkeypatch.setattr(rankers, "_RESTART_S", 0.0)
    made = Rankers(2)
    yield made
    while not made._free.empty():
        made._free.get().end()


@pytest.fixture
def alone(words_index: Path) -> Searcher:
    hashing = HashingEmbedder()
    return Searcher(load_index(words_index, hashing), hashing)


def processes(made: Rankers) -> list[rankers._Process]:
    """Return those that are free, which stay so."""
    found = [made._free.get() for _ in range(made._free.qsize())]
    for process in found:
        made._free.put(process)
    return found


def ready(made: Rankers) -> bool:
    return made._free.qsize() == 2


def same(one: Ranking, other: Ranking) -> bool:
    return (
        np.array_equal(one.rows, other.rows)
        and np.array_equal(one.scores, other.scores)
        and all(np.array_equal(one.signals[name], other.signals[name], equal_nan=True) for name in other.signals)
        and list(one.places) == list(other.places)
    )


def cannot(*_: object) -> Ranking:
    raise AssertionError("it ranks here")


def test_other_processes_rank_as_this_one(helped: Rankers, alone: Searcher, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [(alone.analyse(query), filters) for query in QUERIES for filters in FILTERS]
    here = [alone.ranker.rank(*one) for one in asked]
    assert sum(len(one.rows) > 10 for one in here) > 3 and not all(len(one.rows) for one in here)
    helped.prepare(alone.ranker)
    until(lambda: ready(helped))
    monkeypatch.setattr(Ranker, "rank", cannot)
    there = [helped.rank(alone.ranker, *one) for one in asked]
    assert all(map(same, there, here))
    assert ready(helped)


def test_who_may_not_read_all_gets_nothing_more_from_other_processes(
    helped: Rankers, alone: Searcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = {place.document_id for place in alone.rank(alone.analyse(QUERIES[0])).places[:1]}
    ranker = alone.ranker
    assert isinstance(ranker.engine, LocalEngine)
    view = Ranker(ranker.engine.keeping(lambda one: one.document_id not in closed), ranker.signals, ranker.weights)
    helped.prepare(ranker)
    until(lambda: ready(helped))
    here = [view.rank(alone.analyse(query)) for query in QUERIES]
    monkeypatch.setattr(Ranker, "rank", cannot)
    there = [helped.rank(view, alone.analyse(query)) for query in QUERIES]
    assert all(map(same, there, here)) and any(len(one.rows) for one in there)
    assert not any(place.document_id in closed for one in there for place in one.places)


def test_one_that_ends_is_replaced_and_no_question_is_lost(
    helped: Rankers, alone: Searcher, caplog: pytest.LogCaptureFixture
) -> None:
    analysed = alone.analyse(QUERIES[0])
    helped.prepare(alone.ranker)
    until(lambda: ready(helped))
    first = processes(helped)[0]
    first.process.kill()
    first.process.wait()
    with caplog.at_level(logging.WARNING):
        found = [helped.rank(alone.ranker, analysed) for _ in range(2)]
    assert all(same(one, alone.ranker.rank(analysed)) for one in found)
    assert "is gestopt" in caplog.text
    until(lambda: ready(helped))
    assert first not in processes(helped)


def test_a_new_index_takes_the_place_of_the_old_one(helped: Rankers, alone: Searcher, words_index: Path) -> None:
    helped.prepare(alone.ranker)
    until(lambda: ready(helped))
    newer = alone.over(load_index(words_index, alone.embedder))
    helped._numbers.pop(alone.ranker)  # as where nothing has it any more
    helped.prepare(newer.ranker)
    assert len(processes(helped)) == 2
    assert all(process.loaded == {2} for process in processes(helped))


def test_files_that_are_gone_leave_the_ranking_to_this_process(
    helped: Rankers, tmp_path: Path, words_index: Path
) -> None:
    hashing, folder = HashingEmbedder(), shutil.copytree(words_index, tmp_path / "index")
    searcher = Searcher(load_index(folder, hashing), hashing, rank=helped.rank)
    shutil.rmtree(folder, ignore_errors=True)
    helped.prepare(searcher.ranker)
    until(lambda: ready(helped))
    analysed = searcher.analyse(QUERIES[0])
    assert same(searcher.rank(analysed), searcher.ranker.rank(analysed))
    assert ready(helped)


@pytest.mark.parametrize("places", [1, 2])
def test_few_passages_and_one_processor_need_no_other_process(alone: Searcher, places: int) -> None:
    made = Rankers(places)
    made.prepare(alone.ranker)
    assert same(made.rank(alone.ranker, alone.analyse(QUERIES[0])), alone.rank(alone.analyse(QUERIES[0])))
    assert not made._started


def test_what_is_in_memory_only_stays_here(helped: Rankers, alone: Searcher) -> None:
    helped.prepare(
        Ranker(
            local_engine([*alone.index.documents.values()][:1], HashingEmbedder()),
            alone.ranker.signals,
            alone.ranker.weights,
        )
    )
    assert not helped._started
