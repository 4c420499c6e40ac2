"""A PostgreSQL server of its own for the tests: made by initdb in a temporary folder, gone with them."""

import itertools
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "postgres"  # PostgreSQL refuses to run as root; Debian's package makes this one
_OLDEST = 15  # the first that sorts by ICU where it is told to
_FAST = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=16MB",
    "unix_socket_directories=",
)


def find_binaries() -> Path | None:
    """Return the folder of the newest server of Debian's package `postgresql`; None without one."""
    found = {int(path.parts[-3]): path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")}
    newest = max(found, default=0)
    return found[newest] if newest >= _OLDEST else None


class Cluster:
    """A running server; each `new` database is empty."""

    def __init__(self, binaries: Path, folder: Path, port: int) -> None:
        self._binaries, self._folder, self.port = binaries, folder, port
        self._numbers = itertools.count()

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL, as an account that may."""
        account = ACCOUNT if os.geteuid() == 0 else None
        done = subprocess.run(
            [self._binaries / program, *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            user=account,
            group=account,
            extra_groups=[] if account else None,
        )
        assert done.returncode == 0, f"{program}: {done.stderr.decode()}"

    def control(self, what: str) -> None:
        """Start or stop the server, and wait until that is done."""
        options = " ".join(f"-c {one}" for one in (*_FAST, f"port={self.port}", "listen_addresses=127.0.0.1"))
        more = ("--options", options, "--log", "log") if what == "start" else ("--mode", "fast")
        self.run("pg_ctl", what, "--wait", "--silent", "--pgdata", "data", *more)

    def new(self) -> str:
        """Make a database; return its address."""
        name = f"proef_{next(self._numbers)}"
        self.run("createdb", "--host", "127.0.0.1", "--port", str(self.port), "--username", ACCOUNT, name)
        return f"postgresql://{ACCOUNT}:geheim-woord@127.0.0.1:{self.port}/{name}"


@contextmanager
def running_cluster(binaries: Path, folder: Path) -> Iterator[Cluster]:
    """Make a server in a folder that everybody may enter; stop it at the end."""
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT, ACCOUNT)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Cluster(binaries, folder, port)
    sorting = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=nl")  # not as Python sorts
    made.run("initdb", "--pgdata", "data", "--username", ACCOUNT, "--auth", "trust", "--no-sync", *sorting)
    made.control("start")
    try:
        yield made
    finally:
        made.control("stop")
