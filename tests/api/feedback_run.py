"""Feedback kept by processes that are ended at any moment, or whose file may not grow: python -m ... FILE HOW.

kill: processes that keep feedback and are killed in the midst of it. steps: a process for each SQL statement, ended
before that statement. full: a file that may not grow over 200,000 bytes. Writes to stdout how many rows were said to be
kept.
"""

import itertools
import os
import random
import resource
import signal
import sqlite3
import sys
import time
from pathlib import Path

from api.errors import ApiError
from api.feedback import Feedback, FeedbackStore

_connect = sqlite3.connect


def given(number: int) -> Feedback:
    return Feedback(question=f"vraag {number} " + "x" * 900, verdict="ontbreekt")


def kill(store: FeedbackStore) -> int:
    told = 0
    for _ in range(50):
        reads, writes = os.pipe()
        child = os.fork()
        if not child:
            for number in itertools.count():
                store.keep(given(number), {})
                os.write(writes, b".")
        os.close(writes)
        time.sleep(random.uniform(0.001, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while said := os.read(reads, 10_000):
            told += len(said)
        os.close(reads)
    return told


def steps(store: FeedbackStore) -> int:
    for last in itertools.count(1):
        child = os.fork()
        if not child:
            left = itertools.count(last, -1)

            def step(_: str, left: "itertools.count[int]" = left) -> None:
                if next(left) == 0:
                    os._exit(9)

            def connect(path: Path, isolation_level: None, timeout: float) -> sqlite3.Connection:
                connection = _connect(path, isolation_level=isolation_level, timeout=timeout)
                connection.set_trace_callback(step)
                return connection

            sqlite3.connect = connect  # type: ignore[assignment]
            store.keep(given(last), {})
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0:
            return 1
    raise AssertionError


def full(store: FeedbackStore) -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    kept = 0
    for number in range(1000):
        try:
            store.keep(given(number), {})
            kept += 1
        except ApiError as error:
            assert error.status == 503 and "geen plaats meer" in error.message, error.message
            assert len(store.read()) == kept, "what was kept can be read on a full disk"
            if number > kept + 5:
                break
    assert 100 < kept < 200
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    store.keep(given(0), {})
    return kept + 1


if __name__ == "__main__":
    how = {"kill": kill, "steps": steps, "full": full}[sys.argv[2]]
    print(how(FeedbackStore(Path(sys.argv[1]), 10)))  # noqa: T201 - its answer
