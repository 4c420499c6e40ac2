"""One ingest in a process of its own, for tests that kill it: python -m tests.index.ingest_run INDEX CORPUS LOG.

Each line of LOG is the text of a passage that is about to be embedded, as JSON.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import index.store.update as build
from index.model.embed import Encoded
from tests.conftest import HashingEmbedder


class LoggingEmbedder(HashingEmbedder):
    """Slow enough to be killed halfway, and writes down what it does."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        self._log = log

    def embed_passages(self, texts: Sequence[str]) -> Encoded:
        with self._log.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(text) + "\n" for text in texts)
        time.sleep(0.05)
        return super().embed_passages(texts)


if __name__ == "__main__":
    build._EMBED_BATCH = 4
    build.update_index(Path(sys.argv[1]), [Path(sys.argv[2])], LoggingEmbedder(Path(sys.argv[3])))
