import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.fit.pairs import PairRow
from ingest.errors import RowsError
from ingest.jsonl import read_rows, scan_rows

LINE_ENDS = "\u2028\u2029\u0085\x0b\x0c\x1c\x1d\x1e\r"


@given(rows=st.lists(st.dictionaries(st.text(), st.text()), max_size=5), end=st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_whatever_a_text_holds_a_row_is_a_line(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, str]], end: str
) -> None:
    path = tmp_path_factory.mktemp("rijen") / "a.jsonl"
    text = "".join(json.dumps(row, ensure_ascii=False) + end for row in rows)
    path.write_bytes(text.encode("utf-8", "replace"))
    assert read_rows(path, dict[str, Any]) == rows


@pytest.mark.parametrize("sign", LINE_ENDS)
def test_a_sign_that_python_takes_for_a_line_end_touches_one_line_at_most(tmp_path: Path, sign: str) -> None:
    path = tmp_path / "a.jsonl"
    line = '{{"question": "Wat{}is dit?", "doc": "a", "passage": "b"}}\n'
    path.write_text(line.format(sign) + line.format(" "), encoding="utf-8", newline="")
    rows, faults = scan_rows(path, PairRow)
    assert rows[-1].question == "Wat is dit?" and len(rows) + len(faults) == 2
    assert sign < " " or rows[0].question == f"Wat{sign}is dit?"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"geen json", "geen geldige JSON"),
        (b'{"question": "Wat?\xff", "doc": "000"}', "geen geldige JSON"),
        (b'{"question": "Wat?", "doc": ""}', "Het veld 'doc' is leeg of te kort; vul aan."),
        (b'{"question": "Wat?"}', "Het veld 'doc' ontbreekt; vul aan."),
        (b"5", "De regel klopt niet; kijk na wat er moet staan."),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: bytes, sentence: str) -> None:
    path = tmp_path / "a.jsonl"
    right = b'{"question": "Wat?", "doc": "a"}\n'
    path.write_bytes(b"\xef\xbb\xbf" + right + line + b"\n" + right)
    rows, faults = scan_rows(path, PairRow)
    assert len(rows) == 2 and len(faults) == 1
    assert faults[0].startswith(f"{path}, regel 2: ") and sentence in faults[0]
    with pytest.raises(RowsError, match="regel 2"):
        read_rows(path, PairRow)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "weg.jsonl"):
        with pytest.raises(RowsError, match="kan niet gelezen worden"):
            read_rows(path, PairRow)
