import numpy as np

from ingest import pool as worker
from ingest.pool import Job, close_workers, read_documents
from tests.conftest import CORPUS


def test_a_child_of_a_large_process_reads_many_files() -> None:
    """A child inherits its parent's peak; taken for its own, each file would cost a new process."""
    close_workers()
    ballast = np.ones(60_000_000)  # 480 MB, as a process with a model has
    jobs = [Job(path, None) for path in sorted(CORPUS.glob("*.txt"))]
    pids = set()
    for _ in range(2):
        assert len(list(read_documents(jobs, workers=1))) == len(jobs)
        process = worker._idle[-1]._process
        assert process is not None
        pids.add(process.pid)
    assert len(pids) == 1 and ballast.size
    close_workers()
