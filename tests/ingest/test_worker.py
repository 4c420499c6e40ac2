import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from ingest import pool as worker
from ingest.pool import Job, close_workers, read_documents
from tests.conftest import CORPUS, ROOT


def test_a_child_of_a_large_process_reads_many_files() -> None:
    """A child inherits its parent's peak; taken for its own, each file would cost a new process."""
    close_workers()
    ballast = np.ones(60_000_000)  # 480 MB, as a process with a model has
    jobs = [Job(path, None) for path in sorted(CORPUS.glob("*.txt"))]
    pids = set()
    for _ in range(2):
        assert len(list(read_documents(jobs, workers=1))) == len(jobs)
        running = worker._idle[-1]._running
        assert running is not None
        pids.add(running[0].pid)
    assert len(pids) == 1 and ballast.size
    close_workers()


def test_nothing_that_lies_beside_the_documents_is_executed(tmp_path: Path) -> None:
    """A folder of someone else's may hold files with the names of modules."""
    marker = tmp_path / "uitgevoerd"
    folder = tmp_path / "map"
    folder.mkdir()
    for name in ("queue", "json", "lxml", "pydantic", "ingest", "sitecustomize"):
        (folder / f"{name}.py").write_text(f"open({str(marker)!r}, 'a').write({name!r})\n", encoding="utf-8")
    (folder / "nota.md").write_text("# Nota\n\nDe premie bedraagt 750 euro.\n", encoding="utf-8")
    (folder / "blad.html").write_text("<p>De premie bedraagt 800 euro.</p>", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-P", "-m", "api", "ingest", ".", "--json"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BELEIDSWIJZER_INDEX_DIR": str(tmp_path / "index")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not marker.exists(), marker.read_text(encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout)["added"]) == ["blad", "nota"]
