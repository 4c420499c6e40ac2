"""Read files in child processes: a file that hangs, crashes or fills memory takes only its own process with it.

Run as `python -m ingest.pool FD` a child takes requests from a connection and answers each, in JSON, which a file can
put no code into.
"""

import atexit
import faulthandler
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import ingest.readers.pdf.ocr as ocr
from ingest.about import CatalogueEntry
from ingest.child import start_child
from ingest.document import Document, from_json, to_json
from ingest.errors import IngestError, UnreadableFile
from ingest.files import read_document

FILE_SECONDS = 28.0  # for a file without scans: some 1,000 pages on a busy machine
MEMORY_BYTES = 1 << 30  # address space of a child
_RETIRE_BYTES = 350 << 20  # a child that has used this much makes place for a fresh one
_idle: list["_Child"] = []  # kept between calls, since starting one takes longer than reading a short file


@dataclass(frozen=True, slots=True)
class Job:
    """A file to read, with what catalogue and sidecar say about it, and the id of its document (None: its name)."""

    path: Path
    entry: CatalogueEntry | None
    document_id: str | None = None


def read_documents(jobs: Sequence[Job], workers: int | None = None) -> Iterator[tuple[Job, Document | UnreadableFile]]:
    """Read files in child processes, as many at a time as there are processors.

    Each job comes, when it is done, with its document or with the error that says why there is none.
    """
    count = min(len(jobs), workers or os.cpu_count() or 1)
    if not count:
        return
    children = [_idle.pop() if _idle else _Child() for _ in range(count)]
    free = deque(children)  # as many as there are threads, so that one that reads always finds one

    def read(job: Job) -> Document | UnreadableFile:
        child = free.popleft()
        try:
            return child.read(job)
        except UnreadableFile as error:
            return error
        except Exception as error:  # the others go on and nobody is left waiting
            return UnreadableFile(f"{job.path.name} kan niet gelezen worden ({error}); meld dit als een fout.")
        finally:
            free.append(child)

    with ThreadPoolExecutor(count) as threads:
        reading = {threads.submit(read, job): job for job in jobs}
        try:
            for done in as_completed(reading):
                yield reading.pop(done), done.result()
        finally:
            if reading:  # the caller stopped before the end
                threads.shutdown(wait=False, cancel_futures=True)
                for child in children:
                    child.stop()
            else:
                _idle.extend(children)


@atexit.register
def close_workers() -> None:
    """End the children that wait for a next call."""
    while _idle:
        _idle.pop().stop()


class _Child:
    """One child process, started when needed and again after it has died."""

    def __init__(self) -> None:
        self._running: tuple[subprocess.Popen[bytes], Connection] | None = None
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True
        self._kill()

    def read(self, job: Job) -> Document:
        """Have a file read, within its time and memory."""
        if self._stopped:
            raise UnreadableFile(f"{job.path.name} is niet gelezen; het inlezen is gestopt.")
        if self._running is None or self._running[0].poll() is not None:
            self._kill()
            self._running = start_child(__name__)
        process, line = self._running
        with suppress(OSError):  # it died, and answers nothing
            line.send((job.path.absolute(), job.entry or CatalogueEntry(), job.document_id))
        deadline, extended = time.monotonic() + FILE_SECONDS, False
        while True:
            try:
                if not line.poll(max(0.0, deadline - time.monotonic())):
                    self._kill()
                    raise UnreadableFile(
                        f"{job.path.name} kost te veel tijd"
                        + ("" if extended else f" (meer dan {FILE_SECONDS:.0f} seconden)")
                        + "; het is beschadigd of te groot: bewaar het opnieuw of splits het op."
                    )
                answer = line.recv_bytes()
            except (EOFError, OSError):  # it died
                answer = b""
            if not answer.startswith(b"scans "):
                break
            deadline, extended = time.monotonic() + FILE_SECONDS + ocr.PAGE_SECONDS * int(answer[6:]), True
        if not answer or _peak_bytes(process.pid) > _RETIRE_BYTES:
            self._kill()
        if answer.startswith(b"ok "):
            return from_json(answer[3:])
        raise UnreadableFile(
            json.loads(answer[6:])
            if answer
            else f"{job.path.name} kan niet gelezen worden: het lezen is afgebroken door een fout in het bestand; "
            "bewaar het opnieuw, of zet het om."
        )

    def _kill(self) -> None:
        running, self._running = self._running, None
        if running:
            process, line = running
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with the recogniser that it may have started
            process.wait()
            line.close()


def main() -> None:
    """Answer requests on the connection whose file descriptor is the only argument, until the other side is gone."""
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    line = Connection(int(sys.argv[1]))
    ocr.listeners.append(lambda pages: line.send_bytes(b"scans %d" % pages))
    while True:
        try:
            path, entry, document_id = line.recv()
        except EOFError:
            return
        answer, fault = b"", ""
        try:
            answer = b"ok " + to_json(read_document(path, entry, document_id))
        except IngestError as error:
            fault = str(error)
        except (MemoryError, RecursionError):
            fault = f"{path.name} vraagt te veel geheugen; bewaar het opnieuw of splits het op."
        except Exception as error:  # a reader met what its authors did not foresee
            fault = f"{path.name} kan niet gelezen worden ({type(error).__name__}); bewaar het opnieuw, of zet het om."
        line.send_bytes(answer or b"error " + json.dumps(fault).encode())


def _peak_bytes(pid: int) -> int:
    """Return the most memory that a process has used; getrusage would count its parent's, which a child inherits."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:  # it is gone, or this is not Linux: a child stays until the end
        return 0
    return next((int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM")), 0)


if __name__ == "__main__":
    main()
