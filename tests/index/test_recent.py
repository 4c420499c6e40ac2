from collections.abc import Sequence

from index.model.embed import Encoded
from index.model.memory import RecentQueries
from tests.conftest import HashingEmbedder


def test_a_question_is_read_once_for_all_its_pages() -> None:
    inner = HashingEmbedder()
    reading = []

    def counted(texts: Sequence[str]) -> Encoded:
        reading.append(texts)
        return HashingEmbedder().embed_queries(texts)

    inner.embed_queries = counted  # type: ignore[method-assign]
    recent = RecentQueries(inner)
    first, again = recent.embed_queries(["maatwerk"]), recent.embed_queries(["maatwerk"])
    assert reading == [("maatwerk",)] and first is again
    assert (recent.embed_queries(["lde"]).vectors == HashingEmbedder().embed_queries(["lde"]).vectors).all()
    assert (recent.name, recent.dimension) == (inner.name, inner.dimension)
