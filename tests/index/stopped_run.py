"""Update an index again and again, stopped before each next step: python -m tests.index.stopped_run INDEX CORPUS OUT.

A step is an SQL statement or a change of a file. OUT/<n> is what a process leaves that was ended before its n-th step.
"""

import os
import shutil
import sqlite3
import sys
from pathlib import Path

from index.store.update import update_index
from tests.conftest import HashingEmbedder

STOPPED = 9
_connect = sqlite3.connect
_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}


class Countdown:
    """Ends the process before its n-th step."""

    def __init__(self, n: int) -> None:
        self._left = n

    def step(self, _: object = None) -> None:
        self._left -= 1
        if not self._left:
            os._exit(STOPPED)

    def connect(self, database: str, isolation_level: None, timeout: float) -> sqlite3.Connection:
        connection = _connect(database, isolation_level=isolation_level, timeout=timeout)
        connection.set_trace_callback(self.step)
        return connection

    def audit(self, event: str, args: tuple[object, ...]) -> None:
        if event in _CHANGES or (event == "open" and str(args[1])[:1] in ("w", "x", "a")):
            self.step()


def main(index: Path, corpus: Path, out: Path) -> None:
    """Make OUT/1, OUT/2 and so on; the last one was not stopped."""
    status, n = STOPPED, 0
    while status == STOPPED:
        n += 1
        folder = out / str(n)
        shutil.copytree(index, folder)
        child = os.fork()
        if not child:
            countdown = Countdown(n)
            sys.addaudithook(countdown.audit)
            setattr(sqlite3, "connect", countdown.connect)  # noqa: B010 - SQLite tells its statements to nobody else
            update_index(folder, [corpus], HashingEmbedder())
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(status)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
