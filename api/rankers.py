"""Rank in processes beside this one: Python computes in one thread at a time, whatever number of processors there is.

Run as `python -m api.rankers FD` a process ranks what comes over a connection. It maps the files that this process has
mapped too, and reads no model and no document.
"""

import logging
import queue
import sys
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection
from subprocess import Popen
from weakref import WeakKeyDictionary

from threadpoolctl import threadpool_limits

from index.search.hit import Analysed, Filters
from index.search.ranker import Ranker, Ranking
from index.store.engine import Engine
from index.store.load import keeping_all, settle
from index.store.local import LocalEngine
from ingest.child import start_child

logger = logging.getLogger(__name__)

HELPED_FROM = 100_000  # passages; below, ranking takes hardly longer than asking another process to do it
_RESTART_S = 5.0


class Rankers:
    """Processes that rank, as many as compute at once, or none; a ranking is the same with them and without."""

    def __init__(self, processes: int) -> None:
        self._processes = processes if processes > 1 else 0
        self._free: queue.SimpleQueue[_Process] = queue.SimpleQueue()
        self._numbers: WeakKeyDictionary[Ranker, int] = WeakKeyDictionary()  # of those in use
        self._next = count(1)
        self._started = False
        self._lock = threading.Lock()

    def prepare(self, ranker: Ranker) -> None:
        """Let all processes load what a ranker ranks, before it is asked for; the first time they start meanwhile."""
        if not self._started and self._number(ranker)[0]:
            self._started = True
            for _ in range(self._processes):
                threading.Thread(target=self._start, args=(ranker,), daemon=True).start()
        elif self._started:
            for _ in range(self._processes):
                self._ask(ranker, None, None)

    def rank(self, ranker: Ranker, analysed: Analysed, filters: Filters | None = None) -> Ranking:
        """Rank in a process that is free; here where there is none."""
        return self._ask(ranker, analysed, filters) or ranker.rank(analysed, filters)

    def _ask(self, ranker: Ranker, analysed: Analysed | None, filters: Filters | None) -> Ranking | None:
        number, used = self._number(ranker)
        if not number:
            return None
        try:
            process = self._free.get_nowait()
        except queue.Empty:
            return None
        try:
            ranking = process.ask(ranker, number, used, analysed, filters)
        except Exception:  # whatever it is, it is ranked here
            logger.warning("Een proces dat rangschikt is gestopt; een ander start.")
            process.end()
            threading.Thread(target=self._start, args=(ranker, _RESTART_S), daemon=True).start()
            return None
        self._free.put(process)
        return ranking

    def _start(self, ranker: Ranker, after_s: float = 0.0) -> None:
        time.sleep(after_s)
        process = _Process(*start_child(__name__))
        try:
            process.ask(ranker, *self._number(ranker), None, None)
            self._free.put(process)
        except (EOFError, OSError):  # it ended as it loaded: the others, or this process, do without
            process.end()

    def _number(self, ranker: Ranker) -> tuple[int, set[int]]:
        """Return by which number the processes know a ranker, and the numbers of all that are in use.

        It is 0 where they cannot help: what it ranks is small, on another engine, or in memory only.
        """
        with self._lock:
            if ranker not in self._numbers:
                self._numbers[ranker] = next(self._next) if self._processes and _can_go(ranker.engine) else 0
            return self._numbers[ranker], set(self._numbers.values())


def _can_go(engine: Engine) -> bool:
    return (
        isinstance(engine, LocalEngine)
        and engine.size >= HELPED_FROM
        and all(part.segment.folder for part in engine.parts)
    )


@dataclass
class _Process:
    """One process; it ends when this one does, since the connection then closes."""

    process: "Popen[bytes]"
    line: Connection
    loaded: set[int] = field(default_factory=set)

    def ask(
        self, ranker: Ranker, number: int, used: set[int], analysed: Analysed | None, filters: Filters | None
    ) -> Ranking | None:
        """Have it rank; None where it could not, EOFError or OSError where it has ended."""
        self.line.send((None if number in self.loaded else ranker, number, used, analysed, filters))
        self.loaded = (self.loaded & used) | {number}
        ranking: Ranking | None = self.line.recv()
        return ranking

    def end(self) -> None:
        """Let nothing of it stay."""
        self.line.close()
        self.process.kill()
        self.process.wait()


def _work(line: Connection) -> None:
    """Rank until the other side is gone."""
    rankers: dict[int, Ranker] = {}
    while True:
        try:
            with keeping_all():
                ranker, number, used, analysed, filters = line.recv()
            rankers = {key: one for key, one in rankers.items() if key in used} | ({number: ranker} if ranker else {})
            if ranker:
                settle()
            ranking = rankers[number].rank(analysed, filters) if analysed else None
        except EOFError:
            return
        except Exception:  # the other side then ranks itself, and meets the error too
            ranking = None
        line.send(ranking)


if __name__ == "__main__":
    threadpool_limits(1, user_api="blas")
    _work(Connection(int(sys.argv[1])))
