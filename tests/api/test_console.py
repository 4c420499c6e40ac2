"""What the commands share on the terminal."""

import contextvars
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.access.keys import KeyStore
from api.cli.console import _DutchLevels, progress_bars, reporting, tell
from api.cli.main import app
from api.logs import begin_request
from api.settings import Settings
from tests.conftest import ROOT, HashingEmbedder


def test_progress_in_a_log_is_a_line_at_each_tenth(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bars() as progress:
        for done in range(1, 101):
            progress("lezen", done, 100)
        for done in (32, 50):
            progress("inbedden", done, 50)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == ["lezen: 1 van 100", "lezen: 10 van 100", "lezen: 20 van 100"]
    assert lines[-3:] == ["lezen: 100 van 100", "inbedden: 32 van 50", "inbedden: 50 van 50"] and len(lines) == 13


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_full_disk_behind_the_output_is_one_sentence(more: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "api", "key", "list", *more],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1 and done.stderr.startswith("Fout: De uitvoer kan niet ") and "vol" in done.stderr
    assert done.stderr.count("\n") == 1


def test_only_a_package_that_is_not_there_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ImportError("elders")

    monkeypatch.setattr("api.assistants.tools.make_server", broken)
    assert isinstance(CliRunner().invoke(app, ["mcp"]).exception, ImportError)
    monkeypatch.setattr("api.cli.corpus.find_spec", lambda _: None)
    assert "het pakket mcp ontbreekt" in CliRunner().invoke(app, ["mcp"]).stderr


@pytest.mark.parametrize("as_json", [False, True])
def test_a_name_that_is_no_utf_8_is_shown(as_json: bool, capfd: pytest.CaptureFixture[str]) -> None:
    name = b"nota-\xff.txt".decode(errors="surrogateescape")
    with reporting():
        tell({"file": name}, [name], as_json)
    out = capfd.readouterr().out
    assert json.loads(out)["file"] == name if as_json else out == "nota-\\udcff.txt\n"


def test_a_line_of_the_log_has_its_request() -> None:
    record = logging.LogRecord("api.guard", logging.INFO, "", 0, "GET /", None, None)
    assert _DutchLevels().format(record) == "Info: GET / (api.guard)"
    made = contextvars.copy_context().run(lambda: (begin_request(), _DutchLevels().format(record)))
    assert made[1] == f"Info: GET / (api.guard, request {made[0]})"


def test_a_key_has_a_name() -> None:
    for name in ("", " "):
        done = CliRunner().invoke(app, ["key", "make", name])
        assert done.exit_code == 2 and done.stderr.startswith("Fout: De naam van de sleutel is leeg;")
    assert not KeyStore(Settings().access_path()).in_use()


def test_without_a_corpus_the_examples_are_tuned_on(
    small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.settings.EXAMPLES", small_corpus)
    settings = {"BELEIDSWIJZER_CORPUS_DIR": str(tmp_path / "weg")}
    done = CliRunner().invoke(app, ["tune", str(tmp_path / "paren.jsonl")], env=settings)
    assert done.exit_code == 1 and "paren.jsonl" in done.stderr, "the documents were found, the pairs are not there"


def test_the_copy_that_takes_the_place_of_a_document_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashing: HashingEmbedder
) -> None:
    monkeypatch.setattr(Settings, "load_embedder", lambda _: hashing)
    settings = {f"BELEIDSWIJZER_{name}_DIR": str(tmp_path / name.lower()) for name in ("INDEX", "CORPUS")}
    (tmp_path / "corpus").mkdir()
    for name in ("a", "b"):
        (tmp_path / "corpus" / f"{name}.txt").write_text("De veerboot vaart elke dag.", encoding="utf-8")
    CliRunner().invoke(app, ["ingest"], env=settings)
    gone = CliRunner().invoke(app, ["remove", "a"], env=settings).stdout
    assert "Dezelfde tekst staat nog in b;" in gone
    back = CliRunner().invoke(app, ["remove", "--undo", gone.split()[-1]], env=settings)
    assert back.stdout == "Teruggezet: a (dezelfde tekst als b).\n", back.output
