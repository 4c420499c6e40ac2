"""Whether two documents have the same text, whatever the files they came in."""

import hashlib
import re
from dataclasses import dataclass

from ingest.document import Document

_SHINGLE = 4  # words
_SAME = 0.95  # share of common shingles (Jaccard): the same text read from PDF and from Word has more
_WORD, _NUMBER = re.compile(r"[^\W\d_]+"), re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What two documents with the same text have in common.

    Attributes:
        numbers: hash of all numbers in the text; a version with another figure is another document.
        shingles: hashes of each four words in a row.
    """

    numbers: str
    shingles: frozenset[int]

    def same_text(self, other: "Fingerprint") -> bool:
        """Return whether both come from the same text."""
        if self.numbers != other.numbers:
            return False
        union = len(self.shingles | other.shingles)
        return union > 0 and len(self.shingles & other.shingles) >= _SAME * union


def fingerprint(document: Document) -> Fingerprint:
    """Return the fingerprint of the body text of a document."""
    spans = sorted({span for passage in document.passages for span in passage.spans})
    text = " ".join(document.pages[span.page - 1].text[span.start : span.end] for span in spans).replace("-\n", "")
    numbers = hashlib.sha256(" ".join(sorted(_NUMBER.findall(text))).encode()).hexdigest()
    words = _WORD.findall(text.lower())
    last = max(len(words) - _SHINGLE + 1, 1)
    shingles = (" ".join(words[i : i + _SHINGLE]) for i in range(last))
    return Fingerprint(
        numbers, frozenset(int.from_bytes(hashlib.blake2b(s.encode(), digest_size=8).digest(), "big") for s in shingles)
    )
