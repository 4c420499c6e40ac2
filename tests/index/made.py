"""An answerer over texts that a test makes."""

from pathlib import Path

from index.answer.answer import Answerer
from index.answer.calibration import read_calibration
from index.model.embed import Embedder
from index.search.rank import Searcher
from index.store.load import load_index
from index.store.update import update_index


def answerer_over(folder: Path, embedder: Embedder, texts: dict[str, str], **thresholds: float) -> Answerer:
    """Index texts by file name in a folder and answer from them, with other thresholds where these are given."""
    (folder / "corpus").mkdir()
    for name, text in texts.items():
        (folder / "corpus" / name).write_text(text, encoding="utf-8")
    update_index(folder / "index", [folder / "corpus"], embedder)
    calibration = read_calibration().model_copy(update=thresholds)
    return Answerer(Searcher(load_index(folder / "index", embedder), embedder), calibration)
