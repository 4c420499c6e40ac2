"""Hit -> citation: the reference that a civil servant pastes into a file."""

from ingest.document import Document, Kind, Passage

UNKNOWN = "onbekend"
KIND_NAMES = {
    Kind.BELEIDSBRIEF: "Beleidsbrief",
    Kind.BELEIDSNOTA: "Beleidsnota",
    Kind.SCHRIFTELIJKE_VRAAG: "Schriftelijke vraag",
    Kind.REGEERAKKOORD: "Regeerakkoord",
    Kind.VERSLAG: "Verslag",
    Kind.ANDERE: "Document",
}


def page_of(document: Document, passage: Passage) -> int | None:
    """Return the page to cite: the printed one where the document gives it, else the physical page of a PDF.

    Returns:
        The page on which the passage's own text starts, or None where it is not known: plain text has no pages but
        those whose number stands in it.
    """
    label = page_label(document, passage)
    if label and label.isdigit():
        return int(label)
    return _first_page(passage) if document.file_name.lower().endswith(".pdf") else None


def page_label(document: Document, passage: Passage) -> str | None:
    """Return the printed page number as the document gives it ("15", "iv"), or None."""
    return document.pages[_first_page(passage) - 1].label


def _first_page(passage: Passage) -> int:
    # The passage_id names the page of the passage's own text; its first span may be context on an earlier page.
    return int(passage.passage_id.rsplit(":", 2)[1])


def reference(document: Document, passage: Passage) -> str:
    """Return the reference of a passage.

    In Belgian V&A form (Juridische verwijzingen en afkortingen, Interuniversitaire Commissie, 5th ed. 2015) where
    the parliamentary number is known, else a plain form that says what is not known. Text from a scan says so.
    """
    return _source(document, passage) + _recognised(passage)


def _recognised(passage: Passage) -> str:
    """What the reader of a quote from a scan must know."""
    return "" if passage.confidence is None else f" (OCR, zekerheid {100 * passage.confidence:.0f} %)"


def _source(document: Document, passage: Passage) -> str:
    metadata = document.metadata
    label = page_label(document, passage) or (str(page) if (page := page_of(document, passage)) else None)
    place = f", {label}" if label else ""
    if metadata.number and metadata.session:
        session = f"{metadata.session[:5]}{metadata.session[-2:]}"
        if metadata.kind is Kind.SCHRIFTELIJKE_VRAAG:
            asked = f", {metadata.date:%d/%m/%Y}" if metadata.date else ""
            by = f" ({metadata.member})" if metadata.member else ""
            return f"{metadata.title}, Vr. en Antw. Vl.Parl. {session}, nr. {metadata.number}{asked}{by}{place}"
        return f"{metadata.title}, Parl.St. Vl.Parl. {session}, nr. {metadata.number}{place}"
    known = [f"{KIND_NAMES[metadata.kind]} '{metadata.title}'"]
    if passage.section and metadata.kind is Kind.SCHRIFTELIJKE_VRAAG:
        known.append(passage.section[-1].lower() if passage.section[-1].startswith(("Vraag", "Antw")) else "inleiding")
    for name, value in (
        ("nummer", metadata.number),
        ("datum", f"{metadata.date:%d/%m/%Y}" if metadata.date else None),
        ("minister", metadata.minister),
    ):
        known.append(f"{name} {value or UNKNOWN}")
    return ", ".join(known) + (f", p. {label}" if label else "")
