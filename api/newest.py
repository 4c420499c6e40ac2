"""When the newest index was written: its files in the folder, or what was published in the database of all servers."""

import os
import threading
import time

from api.settings import Settings
from index.errors import IndexMissing, RetrievalError
from index.store.manifest import MANIFEST_NAME

Stamp = tuple[int, int, int]  # when it was written in ns since 1970, which file, how long
_EACH_S = 1.0  # a server is asked no more often


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
