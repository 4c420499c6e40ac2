"""The commands of eval, as a user gives them: nothing that was asked is dropped in silence, and errors come first."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.access.keys import KeyStore, Right
from api.app import create_app
from api.cli import exchange, systems
from api.cli.main import app
from api.cli.systems import folder_name
from api.server import on_free_port
from api.settings import Settings
from eval.answers import read_answers
from eval.beir import write_collection
from eval.gate import Baseline, read_baseline, write_baseline
from eval.peers.bench import Timing, write_bench
from eval.questions import read_questions
from eval.run import FoundHit, write_run
from index.store.update import update_index
from tests.conftest import HashingEmbedder

TEXTS = {"ballon": "De ballonvaart kreeg 12 nieuwe piloten in Brugge.", "boot": "De veerboot vaart elke dag naar Gent."}
QUESTION = {"id": "q", "question": "Hoeveel nieuwe piloten kreeg de ballonvaart?", "docs": ["ballon"]}
ROW = {"nDCG@10": 0.0, "S@5": 0.0, "R@10": 0.0}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashing: HashingEmbedder) -> Path:
    """An installation with two documents and one question, in the folder that is worked in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Settings, "load_embedder", lambda _: hashing)
    for name in ("INDEX_DIR", "CORPUS_DIR"):
        monkeypatch.setenv(f"BELEIDSWIJZER_{name}", str(tmp_path / name.lower()))
    (tmp_path / "corpus_dir").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "corpus_dir" / f"{name}.txt").write_text(f"{text}\n", encoding="utf-8")
    update_index(tmp_path / "index_dir", [tmp_path / "corpus_dir"], hashing)
    (tmp_path / "q.jsonl").write_text(json.dumps(QUESTION), encoding="utf-8")
    write_run(tmp_path / "run.jsonl", {"q": [FoundHit("ballon", TEXTS["ballon"])]})
    return tmp_path


@pytest.fixture
def collection(place: Path) -> Path:
    write_collection(place / "beir", TEXTS, {"1": "ballonvaart"}, [])
    (place / "beir" / "qrels.tsv").write_text("1\tballon\t1\n", encoding="utf-8")
    return place / "beir"


@pytest.fixture
def not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(*_: object) -> None:
        raise AssertionError("it was measured before the error was seen")

    monkeypatch.setattr(systems, "run_all", measured)


def run(words: str) -> Result:
    return CliRunner().invoke(app, ["eval", *words.split()])


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("--questions q.jsonl gate", "--questions doet vóór 'gate' niets"),
        ("--json pages .", "--json doet vóór 'pages' niets"),
        ("--beir beir --questions q.jsonl", "--questions doet hier niets"),
        ("--beir beir --run-out x", "--run-out doet hier niets"),
        ("--beir beir --ablation", "--ablation doet hier niets"),
        ("--questions q.jsonl --ablation --run-out x", "--run-out doet hier niets"),
        ("gate --questions q.jsonl --run run.jsonl --write --json", "--json doet hier niets"),
        ("peers out --python weg --queries 3", "--queries doet hier niets"),
    ],
)
def test_an_option_that_would_be_ignored_is_refused(words: str, option: str) -> None:
    done = run(words)
    assert done.exit_code == 2 and f"Fout: De optie {option}" in done.stderr and done.stdout == ""


def test_a_baseline_keeps_its_answers_where_none_are_given(place: Path) -> None:
    before = Baseline(
        version="0.9", model="m", date=datetime.date(2026, 1, 1), retrieval={"q": ROW}, answers={"q": {"coverage": 1}}
    )
    write_baseline(place / "b.json", before)
    done = run("gate --write --questions q.jsonl --run run.jsonl --baseline b.json")
    assert done.exit_code == 0 and "die van versie 0.9" in done.output, done.output
    after = read_baseline(place / "b.json")
    assert after.answers == before.answers and after.retrieval["q"]["nDCG@10"] == 1


def test_a_baseline_of_other_questions_is_not_compared_with(place: Path) -> None:
    baseline = Baseline(version="1", model="m", date=datetime.date(2026, 1, 1), retrieval={"ander": ROW})
    write_baseline(place / "b.json", baseline)
    done = run("gate --questions q.jsonl --run run.jsonl --baseline b.json")
    assert done.exit_code == 1 and "De basislijn is van andere vragen" in done.stderr and "SLECHTER" not in done.output


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("--run full=run.jsonl", 2, "De naam 'full' van --run is er al"),
        ("--run een=run.jsonl --run een=run.jsonl", 2, "De naam 'een' van --run is er al"),
        ("--run een=weg.jsonl", 1, "weg.jsonl kan niet gelezen worden"),
        ("--run een=weg.trec", 1, "weg.trec kan niet gelezen worden"),
        ("--out r.json", 2, "Naast r.json komt hetzelfde als JSON"),
        ("--out q.jsonl/r.html", 1, "r.html kan niet geschreven worden"),
        ("--answers weg.jsonl", 1, "weg.jsonl kan niet gelezen worden"),
        ("--beir weg", 1, "weg is geen BEIR-verzameling"),
    ],
)
@pytest.mark.usefixtures("not_measured")
def test_a_report_refuses_what_is_wrong_before_it_measures(words: str, status: int, said: str) -> None:
    done = run(f"report --questions q.jsonl {words}")
    assert done.exit_code == status and said in done.stderr, done.output


def test_a_report_has_a_row_for_each_system(place: Path) -> None:
    done = run("report --questions q.jsonl --out r.html --run ander=run.jsonl")
    assert done.exit_code == 0, done.output
    told = json.loads((place / "r.json").read_text(encoding="utf-8"))
    names = [system["name"] for system in told["questions"]["systems"]]
    assert (names[0], names[-1]) == ("full", "ander") and len(names) > 2
    assert (place / "r.html").read_text(encoding="utf-8").startswith("<!")


def test_runs_of_peers_over_other_passages_than_todays_are_refused(place: Path, collection: Path) -> None:
    bench = place / "peers" / folder_name(collection)
    timing = Timing(build_s=1, p50_ms=1, p95_ms=1, queries=1, passages=2)
    write_bench(bench, {"ours": {"1": [("vroeger#0", 1.0)]}}, {"ours": timing})
    done = run(f"report --questions q.jsonl --beir {collection} --peers peers")
    assert done.exit_code == 1 and "noemt passage vroeger#0, die niet in de index staat" in done.stderr, done.output


@pytest.mark.parametrize("words", ["", "--ablation", "report", "gate --run run.jsonl", "gate --run run.jsonl --write"])
def test_questions_without_any_answer_give_no_figures(place: Path, words: str) -> None:
    (place / "q.jsonl").write_text(json.dumps({**QUESTION, "docs": []}), encoding="utf-8")
    ask = "--questions q.jsonl"
    done = run(f"{words} {ask}" if not words.startswith("gate") else f"{words} {ask} --baseline b.json")
    assert done.exit_code == 1 and "heeft geen enkele vraag een antwoord" in done.stderr and done.stdout == ""


def test_judgments_on_unknown_questions_are_named_and_not_counted(place: Path, hashing: HashingEmbedder) -> None:
    passage = next(iter(Settings().load_index(hashing).passages)).passage_id
    (place / "qrels").write_text(f"q 0 {passage} 2\nweg 0 {passage} 1\n", encoding="utf-8")
    done = run("import-qrels qrels --out grown.jsonl --questions q.jsonl")
    assert done.exit_code == 0 and "De oordelen over 1 vragen staan" in done.stdout
    assert "staan niet in q.jsonl: weg." in done.stderr
    assert [answer.grade for answer in read_questions(place / "grown.jsonl")[0].answers] == [2]


def test_the_variants_are_measured_over_the_examples_too(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "corpus_dir").rename(place / "voorbeelden")
    monkeypatch.setattr("api.settings.EXAMPLES", place / "voorbeelden")
    done = run("--ablation --questions q.jsonl --json")
    assert done.exit_code == 0, done.output
    assert any(row["name"] == "full-untuned" for row in json.loads(done.stdout))


def test_collections_of_one_name_have_their_own_folder_of_peers(
    place: Path, collection: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "ander").mkdir()
    other = (place / "ander" / "beir").resolve()
    write_collection(other, TEXTS, {"1": "veerboot"}, [])
    (other / "qrels.tsv").write_text("1\tboot\t1\n", encoding="utf-8")
    benches: list[Path] = []
    monkeypatch.setattr(exchange, "_bench", lambda out, *_: benches.append(out))
    done = run(f"peers out --python weg --questions q.jsonl --beir {collection} --beir {other}")
    assert done.exit_code == 0, done.output
    names = ["vragen", folder_name(collection), folder_name(other)]
    assert benches == [Path("out") / name for name in names] and len(set(names)) == 3


@pytest.fixture
def locked() -> Iterator[tuple[str, str]]:
    """The address of a service that wants a key, and the key."""
    settings = Settings()
    key = KeyStore(settings.access_path()).make("meter", {Right.READ})
    with on_free_port(create_app(settings)) as address:
        yield address, key


def test_a_service_of_its_own_asks_no_key(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    KeyStore(Settings().access_path()).make("iemand", {Right.READ})
    monkeypatch.setenv("BELEIDSWIJZER_TRUSTED_PROXY", "10.0.0.1")
    done = run("ask a.jsonl --questions q.jsonl")
    assert done.exit_code == 0, done.output
    assert set(read_answers(place / "a.jsonl")) == {"q"}
    assert "'beleidswijzer eval answers a.jsonl --questions q.jsonl'" in done.output


def test_answers_to_other_questions_give_no_figures(place: Path) -> None:
    rows = [{"id": name, "answered": False, "confidence": 0} for name in ("weg", "q")]
    for given, status, said in (
        (rows[:1], 1, "Fout: In a.jsonl is geen antwoord op een vraag van q.jsonl;"),
        (rows, 0, "Let op: deze vragen van a.jsonl staan niet in q.jsonl: weg."),
    ):
        (place / "a.jsonl").write_text("\n".join(map(json.dumps, given)), encoding="utf-8")
        done = run("answers a.jsonl --questions q.jsonl")
        assert (done.exit_code, bool(done.stdout)) == (status, not status) and said in done.stderr


@pytest.mark.parametrize(
    ("words", "place_said"),
    [
        ("answers r.jsonl", "r.jsonl"),
        ("gate --run r.jsonl --baseline b.json --write", "r.jsonl"),
        ("report --run ander=r.jsonl --out r.html", "ander"),
    ],
)
def test_what_misses_questions_says_so(place: Path, words: str, place_said: str) -> None:
    (place / "q.jsonl").write_text(
        "\n".join(json.dumps({**QUESTION, "id": name}) for name in ("q", "r")), encoding="utf-8"
    )
    row = {"answered": False, "confidence": 0, "hits": []}
    for name, status, said in (
        ("q", 0, f"Let op: deze vragen van q.jsonl staan niet in {place_said}: r."),
        ("weg", 1, f"Fout: In {place_said} is geen antwoord op een vraag van q.jsonl;"),
    ):
        (place / "r.jsonl").write_text(json.dumps({**row, "id": name}), encoding="utf-8")
        done = run(f"{words} --questions q.jsonl")
        assert done.exit_code == status and said in done.stderr, done.output


def test_a_service_with_keys_is_asked_with_one(
    place: Path, locked: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, key = locked
    words = f"ask a.jsonl --questions q.jsonl --address {address}"
    for wrong in ("", "bw_onzin"):
        monkeypatch.setenv("EVAL_ASK_KEY", wrong)
        done = run(words)
        assert done.exit_code == 1 and "omgevingsvariabele EVAL_ASK_KEY" in done.stderr and "serve" not in done.stderr
    monkeypatch.setenv("EVAL_ASK_KEY", key)
    done = run(words)
    assert done.exit_code == 0 and set(read_answers(place / "a.jsonl")) == {"q"}, done.output


@pytest.mark.parametrize(
    "address", ["onzin", "localhost:8000", "http://127.0.0.1:poort", "http://127.0.0.1:1", "http://", "file:///etc"]
)
def test_an_address_that_is_none_is_one_sentence(address: str) -> None:
    done = run(f"ask a.jsonl --questions q.jsonl --address {address}")
    assert done.exit_code == 1 and done.stderr.count("Fout: ") == 1 and address in done.stderr
    assert isinstance(done.exception, SystemExit) and "Errno" not in done.stderr
