"""Keys made and revoked by processes that are ended before each SQL statement: python -m tests.api.keys_run FOLDER.

FOLDER/<n>.sqlite is what a process leaves that was ended before its n-th statement; the last one was not.
"""

import itertools
import os
import shutil
import sqlite3
import sys
from pathlib import Path

from api.access.keys import KeyStore, Right

STOPPED = 9
_connect = sqlite3.connect


def change(path: Path) -> None:
    """Make a key, begin a session with it, and revoke another."""
    keys = KeyStore(path)
    key = keys.find(keys.make("nieuw", [Right.READ], ["kabinet"]))
    assert key
    keys.begin_session(key)
    keys.revoke(next(one.key_id for one in keys.read() if one.name == "oud"))


def main(folder: Path) -> None:
    """Stop before the first statement, before the second, and so on until nothing is left to stop."""
    KeyStore(folder / "begin").make("oud", [Right.READ])
    for number in itertools.count(1):
        path = folder / f"{number}.sqlite"
        shutil.copy(folder / "begin", path)
        child = os.fork()
        if not child:
            left = itertools.count(number, -1)

            def step(_: str, left: "itertools.count[int]" = left) -> None:
                if next(left) == 1:
                    os._exit(STOPPED)

            def connect(*arguments: object, **more: object) -> sqlite3.Connection:
                connection = _connect(*arguments, **more)  # type: ignore[call-overload]
                connection.set_trace_callback(step)
                return connection  # type: ignore[no-any-return]

            sqlite3.connect = connect  # type: ignore[assignment]
            change(path)
            os._exit(0)
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != STOPPED:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
