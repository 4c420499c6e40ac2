"""Whether two documents have the same text, whatever the files they came in."""

import hashlib
import re
import unicodedata

from ingest.document import Document

# A word, a number with its sign and separators, or a sign that says how much or whether. Other signs differ between the
# same text in PDF and in Word: quotes, bullets, leaders.
_TOKEN = re.compile(r"[^\W\d_]+|[-−+]?\d+(?:[.,:/-]\d+)*|[%‰€$£§<>=±≤≥⩽⩾≠≈↑↓☐☑☒✗✘]")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u2010\u2011]\s*(?=[^\W\d_])|\u00ad\s*")  # a line break may have put it there


def fingerprint(document: Document) -> str:
    """Return a hash of the words and numbers of a document's body and headings, in their order.

    Two documents with one fingerprint say the same, down to each figure and each "niet"; layout, upper case, hyphens
    and punctuation do not count.
    """
    own = sorted(span for passage in document.passages for span in passage.own)
    body = (document.pages[span.page - 1].text[span.start : span.end] for span in own)
    headings = dict.fromkeys(" ".join(passage.section) for passage in document.passages)
    text = unicodedata.normalize("NFKC", "\n".join([*body, *headings]))
    text = _HYPHEN.sub("", text.lower())
    return hashlib.sha256(" ".join(_TOKEN.findall(text)).encode()).hexdigest()
