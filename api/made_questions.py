"""Known questions that a language model writes: for each passage, kept only where searching finds it by them.

Source: Nogueira et al. (2019), Document Expansion by Query Prediction, https://arxiv.org/abs/1904.08375; keeping only
those that find their passage: Gospodinov et al. (2023), Doc2Query--, https://arxiv.org/abs/2301.03266.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from api.settings import Settings
from api.writer.language_model import write_questions
from index.search.rank import Searcher
from index.store.intake import Progress
from index.store.known import MadeQuestions
from ingest.about import MADE_NAME
from ingest.errors import IngestError
from ingest.jsonl import scan_rows

FOUND_AMONG = 10  # hits of a question among which its passage must be, in a small corpus the best quarter
_SHORTEST = 60  # characters of a passage; about a shorter one there is little to ask
_FAILURES = 3  # in a row, after which the language model is not asked again


class QuestionsNotMade(IngestError):
    """There is no language model to write questions."""


@dataclass(slots=True)
class Made:
    """What came of it."""

    passages: int = 0  # for which the language model wrote
    written: int = 0  # questions that it wrote
    kept: int = 0  # those by which the passage is found
    failed: int = 0  # passages for which it gave nothing that can be used
    reason: str = ""  # why the last of those failed, the end of "Het taalmodel ..."

    def told(self) -> str:
        """Return it in Dutch."""
        if not self.passages + self.failed:
            return "Bij elke passage heeft het taalmodel al vragen geschreven."
        told = f"Het taalmodel schreef {self.written} vragen bij {self.passages} passages; {self.kept} zijn bewaard."
        if self.failed:
            told += (
                f"\nFout: Het taalmodel {self.reason}; bij {self.failed} passages is niets geschreven. Geef dezelfde "
                "opdracht opnieuw: ze gaat verder waar ze was."
            )
        return told


def check_language_model(settings: Settings) -> None:
    """Raise QuestionsNotMade where no language model is set."""
    if not (settings.language_model_url and settings.language_model_name):
        raise QuestionsNotMade(
            "Er is geen taalmodel om vragen te schrijven; zet BELEIDSWIJZER_LANGUAGE_MODEL_URL en "
            "BELEIDSWIJZER_LANGUAGE_MODEL_NAME, of laat --questions weg."
        )


def make_questions(searcher: Searcher, paths: Sequence[Path], settings: Settings, progress: Progress) -> Made:
    """Let the language model write for each passage of an index for which it did not yet, by the text of the passage.

    What it wrote is kept after each passage, in the first folder of `paths`, which the next update reads.

    Raises:
        OSError: the file cannot be written.
    """
    from api.writer.client import LanguageModelError  # the client takes a second to load

    path = next((one for one in paths if one.is_dir()), paths[0].parent) / MADE_NAME
    asked = {one.passage for one in scan_rows(path, MadeQuestions)[0]} if path.exists() else set[str]()
    passages = {
        passage.search_text: (document, passage)
        for document in searcher.index.documents.values()
        for passage in document.passages
        if len(passage.search_text) >= _SHORTEST and passage.search_text not in asked
    }
    made, row, k = Made(), 0, max(1, min(FOUND_AMONG, len(searcher.index.passages) // 4))
    for done, (text, (document, passage)) in enumerate(passages.items(), start=1):
        try:
            questions = write_questions(document.metadata.title, text, settings)
        except LanguageModelError as error:
            made.failed, made.reason, row = made.failed + 1, str(error), row + 1
            if row == _FAILURES:
                break
            continue
        found = {one: [hit.passage.passage_id for hit in searcher.search(one, k)] for one in questions}
        kept = tuple(one for one in questions if passage.passage_id in found[one])
        with path.open("a", encoding="utf-8") as file:
            row_made = asdict(MadeQuestions(document.document_id, text, kept))
            file.write(json.dumps(row_made, ensure_ascii=False) + "\n")
        made.passages, made.written, made.kept = made.passages + 1, made.written + len(questions), made.kept + len(kept)
        row = 0
        progress("Vragen schrijven", done, len(passages))
    return made
