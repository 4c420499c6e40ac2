"""The service over FOLDER/corpus and FOLDER/index, to be killed: python -m tests.api.killed_run FOLDER.

Writes its address to stdout once it can be asked.
"""

import sys
import time
from pathlib import Path

from api.app import create_app
from api.server import on_free_port
from api.settings import Settings
from tests.conftest import HashingEmbedder


def settings_of(folder: Path) -> Settings:
    return Settings(corpus_dir=folder / "corpus", index_dir=folder / "index", feedback_per_hour=100_000)


if __name__ == "__main__":
    app = create_app(settings_of(Path(sys.argv[1])), HashingEmbedder())
    app.state.service.answerer()
    with on_free_port(app) as address:
        sys.stdout.write(address + "\n")
        sys.stdout.flush()
        time.sleep(600)
