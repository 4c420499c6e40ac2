"""Load for a long time, while documents come in: python -m tests.api.soak --index INDEX [--seconds 900].

The service as it is started, 32 clients that ask one question after another, and an ingest that changes a document and
so replaces the index, 20 times. Writes soak.json and soak.svg; ends with 1 where a request failed, the memory of the
service still grew after the first minute, or the index was not replaced.
"""

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import httpx

from api import server
from tests.conftest import CORPUS, ROOT

CLIENTS, REPLACED = 32, 20
GROWTH = 1.10  # of the median of the last third over that of the third before it, both after the first minute
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Soak:
    """One run and what was seen in it."""

    def __init__(self, folder: Path, index: Path, seconds: float) -> None:
        self._corpus, self._seconds = folder / "corpus", seconds
        shutil.copytree(CORPUS, self._corpus)
        shutil.copytree(index, folder / "index")
        self._environment = {**os.environ, "BELEIDSWIJZER_INDEX_DIR": str(folder / "index")}
        rows = (CORPUS / "questions.jsonl").read_text(encoding="utf-8").split("\n")
        self._questions = [json.loads(row)["question"] for row in rows if row.strip()]
        self._lock = threading.Lock()
        self.took: list[float] = []
        self.failed: Counter[str] = Counter()
        self.memory: list[float] = []
        self.versions: set[str] = set()
        self.ingests = 0

    def ingest(self) -> None:
        """Change a document and ingest."""
        text = f"Bericht {self.ingests}: het maatwerkbedrijf telde {self.ingests} enclaves.\n"
        (self._corpus / "bericht.txt").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "api", "ingest", str(self._corpus)]
        done = subprocess.run(command, cwd=ROOT, env=self._environment, capture_output=True, text=True)
        self.ingests += 1
        if done.returncode:
            self.failed[f"ingest: {done.stderr[-200:]}"] += 1

    def run(self) -> None:
        """Serve and ask."""
        self.ingest()
        listener = server.listen("127.0.0.1", 0)
        port = listener.getsockname()[1]
        listener.close()
        command = [sys.executable, "-m", "api", "serve", "--port", str(port)]
        with subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=subprocess.PIPE, text=True) as service:
            assert service.stderr
            assert any("Geopend op" in line for line in service.stderr)
            threading.Thread(target=service.stderr.read, daemon=True).start()
            try:
                self._load(f"http://127.0.0.1:{port}", service.pid)
            finally:
                service.terminate()

    def _load(self, address: str, pid: int) -> None:
        self._until = time.monotonic() + self._seconds
        clients = [threading.Thread(target=self._ask, args=(address, number)) for number in range(CLIENTS)]
        changes = threading.Thread(target=self._change)
        for thread in (*clients, changes):
            thread.start()
        with httpx.Client(timeout=90) as client:
            while time.monotonic() < self._until:
                resident = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
                self.memory.append(resident * _PAGE_BYTES / 1e6)
                self.versions.add(client.get(f"{address}/api/health").json()["corpus_hash"])
                time.sleep(1)
        for thread in (*clients, changes):
            thread.join()

    def _change(self) -> None:
        begun = time.monotonic()
        for number in range(REPLACED):
            time.sleep(max(0.0, begun + number * self._seconds / REPLACED - time.monotonic()))
            if time.monotonic() < self._until:
                self.ingest()

    def _ask(self, address: str, number: int) -> None:
        with httpx.Client(base_url=address, timeout=90) as client:
            for turn in itertools.count(number, CLIENTS):
                question = self._questions[turn % len(self._questions)]
                begun = time.monotonic()
                if begun >= self._until:
                    return
                try:
                    status = self._request(client, turn, question).status_code
                    told = "" if status == 200 else f"HTTP {status}"
                except httpx.HTTPError as error:
                    told = type(error).__name__
                with self._lock:
                    self.took.append(time.monotonic() - begun)
                    if told:
                        self.failed[told] += 1

    def _request(self, client: httpx.Client, turn: int, question: str) -> httpx.Response:
        kind = turn // CLIENTS % 5
        if kind == 0:
            return client.post("/api/search", json={"query": question})
        if kind == 1:
            return client.get("/", params={"q": question})
        if kind == 2:
            return client.get("/documents")
        return client.post("/api/ask", json={"question": question})

    def report(self) -> dict[str, object]:
        """Return what was seen."""
        took = sorted(self.took)
        after = self.memory[min(60, len(self.memory) // 3) :]
        third = len(after) // 3
        growth = statistics.median(after[-third:]) / statistics.median(after[third : 2 * third])
        return {
            "seconds": self._seconds,
            "clients": CLIENTS,
            "requests": len(took),
            "failed": dict(self.failed),
            "requests_a_second": round(len(took) / self._seconds, 2),
            "p50_s": round(took[len(took) // 2], 3),
            "p99_s": round(took[int(0.99 * len(took))], 3),
            "ingests": self.ingests,
            "versions_seen": len(self.versions),
            "memory_growth": round(growth, 3),
            "memory_mb": [round(value) for value in self.memory],
        }


def plot(memory: list[float]) -> str:
    """Return memory by second as a drawing."""
    high = max(memory) * 1.1
    step = 1000 / max(1, len(memory) - 1)
    points = " ".join(f"{40 + i * step:.1f},{320 - 300 * value / high:.1f}" for i, value in enumerate(memory))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1060 340" font-family="sans-serif" font-size="12">'
        f'<text x="40" y="14">memory of the service, MB, over {len(memory)} samples; top is {high:.0f}</text>'
        '<path d="M40 20V320H1040" fill="none" stroke="#888"/>'
        f'<polyline points="{points}" fill="none" stroke="#036"/></svg>\n'
    )


def main() -> int:
    """Run, write the files, and say whether it held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=900)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(Path(folder), wanted.index, wanted.seconds)
        soak.run()
    report = soak.report()
    Path("soak.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    Path("soak.svg").write_text(plot(soak.memory), encoding="utf-8")
    print(json.dumps({name: value for name, value in report.items() if name != "memory_mb"}, indent=1))  # noqa: T201
    growth = report["memory_growth"]
    assert isinstance(growth, float)
    return int(bool(soak.failed) or growth > GROWTH or len(soak.versions) < 2)


if __name__ == "__main__":
    sys.exit(main())
