"""Numbered answers that only a line break parts, as people type them, are each tied to their own question."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.files import read_document
from tests.ingest.test_word import par, run, write_word

HEAD = ["SCHRIFTELIJKE VRAAG", "nr. 412", "van AN PEETERS", "datum: 14 februari 2024", "aan JO MAES", "VLAAMS MINISTER"]
ASKED = ["Premies", "1. Hoeveel premies waren er?", "2. Wat kostten ze?"]
MARK = ["ANTWOORD", "op vraag nr. 412 van 14 februari 2024", "van AN PEETERS"]
ANSWERS = ["1. Er waren 500 premies,", "verdeeld over het land.", "2. Ze kostten 3 miljoen euro."]


def write_html(path: Path) -> Path:
    above = "".join(f"<p>{line}</p>" for line in [*HEAD, *ASKED, *MARK])
    path.write_text(f"<main>{above}<p>{'<br>'.join(ANSWERS)}</p></main>", encoding="utf-8")
    return path


def write_docx(path: Path) -> Path:
    lines = "<w:r><w:br/></w:r>".join(map(run, ANSWERS))
    return write_word(path, "".join(map(par, [*HEAD, *ASKED, *MARK])) + par(lines))


@pytest.mark.parametrize(("suffix", "write"), [("html", write_html), ("docx", write_docx)])
def test_each_answer_goes_with_its_question(tmp_path: Path, suffix: str, write: Callable[[Path], Path]) -> None:

    document = read_document(write(tmp_path / f"a.{suffix}"))
    assert [(document.quote(pair.question), document.quote(pair.answer)) for pair in document.pairs] == [
        (ASKED[1], " ".join(ANSWERS[:2])),
        (ASKED[2], ANSWERS[2]),
    ]
