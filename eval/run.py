"""Put questions to the real search."""

from collections.abc import Callable, Sequence

from eval.measure import DEPTH
from eval.questions import FoundHit, Question
from index.search import Searcher


def run_questions(
    searcher: Searcher, questions: Sequence[Question], progress: Callable[[], object] | None = None
) -> dict[str, list[FoundHit]]:
    """Search for each question.

    Args:
        searcher: the search to evaluate.
        questions: all questions, unanswerable ones too.
        progress: called after each question.

    Returns:
        Question id -> the first DEPTH hits, best first.
    """
    run = {}
    for question in questions:
        hits = searcher.search(question.question, DEPTH)
        run[question.id] = [FoundHit(hit.passage.document_id, hit.text) for hit in hits]
        if progress:
            progress()
    return run
