"""A service that is killed at any moment keeps what it said that it kept, and starts again."""

import os
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from api.access.keys import KeyStore
from api.feedback import FeedbackStore
from index.store.load import load_index
from index.store.update import update_index
from tests.api.killed_run import settings_of
from tests.conftest import ROOT, HashingEmbedder

MOMENTS = int(os.environ.get("KILLED_MOMENTS", "6"))
OWN = {"sec-fetch-site": "same-origin"}


class Told:
    """What the service said that it had done."""

    def __init__(self) -> None:
        self.feedback = 0
        self.files: list[str] = []

    def use(self, address: str, enough: Callable[[], bool]) -> None:
        """Give opinions, add documents and ask, until that is enough or nobody answers."""
        with httpx.Client(base_url=address, headers=OWN, timeout=60) as client:
            sent = ""
            while not enough():
                form = {"question": f"vraag {self.feedback}", "verdict": "ontbreekt"}
                self.feedback += client.post("/feedback", data=form).status_code == 303
                page = client.get("/inlezen")
                if sent and "refresh" not in page.headers and f"{sent}.md" in page.text:
                    self.files.append(sent)
                    sent = ""
                if not sent:
                    sent = f"nota-{time.time_ns()}"
                    text = f"# {sent}\n\nDe premie van {sent} bedraagt veertig euro.\n".encode()
                    assert client.post("/inlezen", files={"file": (f"{sent}.md", text)}).status_code == 303
                assert client.get("/api/search", params={"query": "premie"}).status_code == 200


@pytest.mark.slow
def test_a_service_that_is_killed_keeps_what_it_said(tmp_path: Path, hashing: HashingEmbedder) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "eerste.md").write_text("# Eerste\n\nDe premie bedraagt tien euro.\n", encoding="utf-8")
    settings, told, chosen = settings_of(tmp_path), Told(), random.Random(1)
    update_index(settings.index_dir, [settings.corpus_dir], hashing)
    for moment in range(MOMENTS + 1):
        command = [sys.executable, "-m", "tests.api.killed_run", str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            address = process.stdout.readline().strip()
            if moment < MOMENTS:
                killer = threading.Timer(chosen.uniform(0.05, 2.5), process.kill)
                killer.start()
                with pytest.raises(httpx.TransportError):
                    told.use(address, lambda: False)
                killer.join()
            else:  # a slow machine may have told nothing yet
                told.use(address, lambda: bool(told.files) and told.feedback > MOMENTS)
                process.kill()
            assert process.wait() == -9
        found = load_index(settings.index_dir, hashing)
        assert set(told.files) <= set(found.documents), "what was told to be taken in can be found"
        assert len(FeedbackStore(settings.feedback_path(), 365).read()) >= told.feedback
        trail = KeyStore(settings.access_path()).trail()
        assert sum(step.what == "gevraagd" for step in trail) >= len(told.files)
    update_index(settings.index_dir, [settings.corpus_dir], hashing)
    found = load_index(settings.index_dir, hashing)
    kept = {re.sub(r"\.md$", "", file.name) for file in settings.corpus_dir.glob("*.md")}
    assert kept == set(found.documents) and told.files and told.feedback > MOMENTS
    assert not [path for path in settings.corpus_dir.iterdir() if path.suffix != ".md"], "nothing half is left"
