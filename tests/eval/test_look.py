"""Passages that are drawn to be looked at."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from eval.look import LIST, draw_passages
from tests.pdf import make_pdf

LINES = [
    f"Punt {n} van het besluit regelt de steun aan maatwerkbedrijf nummer {n} in elke provincie." for n in range(30)
]


def test_the_lot_takes_each_file_in_turn_and_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    (tmp_path / "lang.pdf").write_bytes(make_pdf([LINES] * 4))
    (tmp_path / "kort.txt").write_text("Een kort besluit over de dienstencheques van dit jaar.", encoding="utf-8")
    drawn = draw_passages([tmp_path], 5, seed=3)
    assert [one.file.name for one in drawn].count("kort.txt") == 1 and len(drawn) == 5
    assert list(map(str, drawn)) == list(map(str, draw_passages([tmp_path], 5, seed=3)))
    assert list(map(str, drawn)) != list(map(str, draw_passages([tmp_path], 5, seed=4)))


def test_each_passage_stands_beside_an_image_of_its_page(tmp_path: Path) -> None:
    (tmp_path / "nota.pdf").write_bytes(make_pdf([LINES[:5], LINES[5:10]]))
    out = tmp_path / "uit"
    result = CliRunner().invoke(app, ["eval", "look", str(tmp_path / "nota.pdf"), "--out", str(out), "--count", "9"])
    assert result.exit_code == 0, result.output
    text = (out / LIST).read_text(encoding="utf-8")
    assert "## 1. nota.pdf, blad 1" in text and LINES[9] in text
    assert {path.name for path in out.glob("*.png")} == {"nota-1.png", "nota-2.png"}


def test_files_of_one_name_keep_their_own_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for i, place in enumerate(("in/een", "in/twee")):
        Path(place).mkdir(parents=True)
        Path(place, "nota.pdf").write_bytes(make_pdf([LINES[5 * i : 5 * i + 5]]))
    given = ["in/een", str(tmp_path / "in" / "een" / ".." / "twee")]
    result = CliRunner().invoke(app, ["eval", "look", *given, "--out", "uit", "--count", "9"])
    assert result.exit_code == 0, result.output
    images = {path.relative_to("uit").as_posix() for path in Path("uit").rglob("*.png")}
    assert images == {"een/nota-1.png", "twee/nota-1.png"}
    text = Path("uit", LIST).read_text(encoding="utf-8")
    assert ". een/nota.pdf, blad 1" in text and ". twee/nota.pdf, blad 1" in text
