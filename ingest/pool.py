"""Read files in child processes: a file that hangs, crashes or fills memory takes only its own process with it.

Run as `python -m ingest.pool` a child reads one request a line from stdin and answers one line each on stdout, in
JSON, which a file can put no code into.
"""

import faulthandler
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import ingest.readers.pdf.ocr as ocr
from ingest.about import CatalogueEntry
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

    Args:
        jobs: the files.
        workers: number of children at most; None is the number of processors.

    Yields:
        Each job with its document, or with the error that says why there is none, as they come.
    """
    todo: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[Job, Document | UnreadableFile]] = queue.SimpleQueue()
    count = min(len(jobs), workers or os.cpu_count() or 1)
    for job in [*jobs, *[None] * count]:
        todo.put(job)
    children = [_idle.pop() if _idle else _Child() for _ in range(count)]
    threads = [threading.Thread(target=_serve, args=(child, todo, done), daemon=True) for child in children]
    for thread in threads:
        thread.start()
    try:
        for _ in jobs:
            yield done.get()
    finally:
        for thread in threads:
            if thread.is_alive():
                thread.join(timeout=1)
        for child, thread in zip(children, threads, strict=True):
            if thread.is_alive():  # the caller stopped before the end
                child.stop()
            else:
                _idle.append(child)


def close_workers() -> None:
    """End the children that wait for a next call; they end by themselves when this process does."""
    while _idle:
        _idle.pop().stop()


def _serve(
    child: "_Child",
    todo: "queue.SimpleQueue[Job | None]",
    done: "queue.SimpleQueue[tuple[Job, Document | UnreadableFile]]",
) -> None:
    while (job := todo.get()) is not None:
        try:
            done.put((job, child.read(job)))
        except UnreadableFile as error:
            done.put((job, error))
        except Exception as error:  # the others go on and nobody is left waiting
            done.put(
                (job, UnreadableFile(f"{job.path.name} kan niet gelezen worden ({error}); meld dit als een fout."))
            )


class _Child:
    """One child process, started when needed and again after it has died."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True
        self._kill()

    def read(self, job: Job) -> Document:
        """Have a file read, within its time and memory."""
        if self._stopped:
            raise UnreadableFile(f"{job.path.name} is niet gelezen; het inlezen is gestopt.")
        process = self._start()
        entry = (job.entry or CatalogueEntry()).to_json()
        assert process.stdin is not None
        try:
            request = {"path": str(job.path.absolute()), "entry": entry, "id": job.document_id}
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            pass  # it died meanwhile: the end of its answers says so
        deadline, extended, retires = time.monotonic() + FILE_SECONDS, False, False
        while True:
            try:
                answer = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                self._kill()
                raise UnreadableFile(
                    f"{job.path.name} kost te veel tijd"
                    + ("" if extended else f" (meer dan {FILE_SECONDS:.0f} seconden)")
                    + "; het is beschadigd of te groot: bewaar het opnieuw of splits het op."
                ) from None
            if answer.startswith(b"scans "):
                deadline, extended = time.monotonic() + FILE_SECONDS + ocr.PAGE_SECONDS * int(answer[6:]), True
            elif answer == b"last":
                retires = True
            else:
                break
        if retires or not answer:
            self._kill()
        if answer.startswith(b"ok "):
            return from_json(answer[3:])
        raise UnreadableFile(
            json.loads(answer[6:])
            if answer
            else f"{job.path.name} kan niet gelezen worden: het lezen is afgebroken door een fout in het bestand; "
            "bewaar het opnieuw, of zet het om."
        )

    def _start(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._kill()
        self._answers = queue.SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            cwd="/",  # the user may stand beside the documents, where a queue.py would be taken for Python's own
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(_module_folders()),
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            start_new_session=True,
        )
        assert self._process.stdout is not None
        threading.Thread(target=_pump, args=(self._process.stdout, self._answers), daemon=True).start()
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        try:
            os.killpg(process.pid, signal.SIGKILL)  # with the recogniser that it may have started
        except ProcessLookupError:
            pass
        process.wait()
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.close()
        except OSError:
            pass


def _module_folders() -> list[str]:
    """Return where this process finds modules, without the folder that the user stands in."""
    here, own = Path.cwd(), Path(__file__).resolve().parent.parent
    return [folder for folder in sys.path if folder and (Path(folder).resolve() != here or here == own)]


def _pump(stdout: BinaryIO, answers: "queue.SimpleQueue[bytes]") -> None:
    """Hand on the lines of a child; an empty one at its end."""
    with stdout:
        for line in stdout:
            answers.put(line.rstrip(b"\n"))
    answers.put(b"")


def _work(requests: BinaryIO, answers: BinaryIO) -> None:
    def answer(line: bytes) -> None:
        answers.write(line + b"\n")
        answers.flush()

    ocr.listeners.append(lambda pages: answer(b"scans %d" % pages))
    for request in requests:
        wanted = json.loads(request)
        path = Path(wanted["path"])
        try:
            line = b"ok " + to_json(read_document(path, CatalogueEntry.from_json(wanted["entry"]), wanted["id"]))
        except IngestError as error:
            line = b"error " + json.dumps(str(error)).encode()
        except (MemoryError, RecursionError):
            text = f"{path.name} vraagt te veel geheugen; bewaar het opnieuw of splits het op."
            line = b"error " + json.dumps(text).encode()
        except Exception as error:  # a reader met what its authors did not foresee
            text = f"{path.name} kan niet gelezen worden ({type(error).__name__}); bewaar het opnieuw, of zet het om."
            line = b"error " + json.dumps(text).encode()
        if _peak_bytes() > _RETIRE_BYTES:
            answer(b"last")  # said before the answer, or the next request would meet a child that is leaving
        answer(line)


def _peak_bytes() -> int:
    """Return the most memory that this process has used; getrusage would count its parent's, which a child inherits."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:  # not on Linux: a child stays until the end
        return 0
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    """Answer requests until stdin ends."""
    faulthandler.disable()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not be taken for an answer
    _work(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
