"""The shape of the repository: what may import what, and that the documentation keeps up."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from typer import Typer

from api.app import create_app
from api.cli.main import app
from api.settings import Settings
from tests.conftest import ROOT, HashingEmbedder

# A package may import those in its set, and nothing else of ours.
LAYERS = {
    "ingest": {"ingest"},
    "index": {"index", "ingest"},
    "eval": {"eval", "index", "ingest"},
    "api": {"api", "eval", "index", "ingest"},
}
# Inside a package a module may import those of its own room and of the rooms before it.
ROOMS = {
    "ingest": ({"errors", "document"}, {"dutch", "dates", "numbers"}, {"readers"}, {""}),
    "index": ({"errors", "arrays", "terms"}, {"model"}, {"store"}, {"search"}, {"answer"}),
}
MOST_LINES = 350
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = README + "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md"))


def modules(root: Path) -> Iterator[Path]:
    """Yield the modules of the product, at any depth."""
    for package in LAYERS:
        yield from sorted((root / package).rglob("*.py"))


def imported(path: Path) -> set[tuple[str, ...]]:
    """Return what a module imports, name by name, as parts of a dotted path."""
    found: set[tuple[str, ...]] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {(*(node.module or "").split("."), alias.name) for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {tuple(alias.name.split(".")) for alias in node.names}
    return found


def room(package: str, parts: tuple[str, ...]) -> int | None:
    """Return the place of a module's room among those of its package ("" is any other), or None for the package."""
    name = parts[1].removesuffix(".py")
    found = (i for wanted in (name, "") for i, rooms in enumerate(ROOMS[package]) if wanted in rooms)
    return None if name in ("__init__", "READING_VERSION") else next(found, None)


def faults(root: Path) -> list[str]:
    """Return what is wrong with the modules of a tree, one sentence each."""
    found = []
    for path in modules(root):
        parts = path.relative_to(root).parts
        package, where = parts[0], "/".join(parts)
        size = len(path.read_text(encoding="utf-8").splitlines())
        if size > MOST_LINES:
            found.append(f"{where} has {size} lines")
        for other in sorted(imported(path)):
            if other[0] in LAYERS and other[0] not in LAYERS[package]:
                found.append(f"{where} imports {'.'.join(other)}")
            elif other[0] == package and package in ROOMS:
                own, its = room(package, parts), room(package, other)
                if own is not None and its is not None and its > own:
                    found.append(f"{where} imports {'.'.join(other)} of a later room")
    return found


def test_imports_go_one_way_and_modules_stay_small() -> None:
    assert faults(ROOT) == []
    tests = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "tests").rglob("*.py")}
    assert not {path: size for path, size in tests.items() if size > MOST_LINES}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("index/sub/deep.py", "import api.app\n"),
        ("index/store/late.py", "from index.search.rank import Searcher\n"),
        ("api/web/long.py", "x = 1\n" * 900),
        ("ingest/readers/pdf/x.py", "def f():\n    from index.terms import terms\n"),
    ],
)
def test_nothing_escapes_by_standing_deep(path: str, text: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_text(text, encoding="utf-8")
    assert len(faults(tmp_path)) == 1


def test_there_are_at_most_eight_rooms_in_index() -> None:
    assert len([path for path in (ROOT / "index").iterdir() if path.is_dir() and (path / "__init__.py").exists()]) <= 8


def test_searching_loads_nothing_that_reads_or_trains() -> None:
    code = "import sys, index.search.rank; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    assert not {"sqlalchemy", "qdrant_client"}.intersection(loaded.split()), (
        "only where they are used: they take a while"
    )
    ours = {name for name in loaded.split() if name.split(".")[0] in ("ingest", "eval", "api")}
    assert ours <= {"ingest", "ingest.document", "ingest.dutch", "ingest.errors", "ingest.groups", "ingest.reasons"}


def undocumented(routes: set[str], settings: set[str], commands: set[str], docs: str) -> set[str]:
    """Return the routes, settings and commands that the documentation does not name."""
    return {name for name in routes | settings | commands if not re.search(rf"{re.escape(name)}(?![\w-])", docs)}


def test_every_route_setting_and_command_is_documented(tmp_path: Path) -> None:
    service = create_app(Settings(index_dir=tmp_path), HashingEmbedder())
    routes = {route.path for route in iter_route_contexts(service.routes) if route.path}
    assert {"/", "/api/ask", "/livez"} <= routes
    settings = {f"BELEIDSWIJZER_{name.upper()}" for name in Settings.model_fields}
    commands = {f"beleidswijzer {command}" for command in _commands(app)}
    assert undocumented(routes, settings, commands, DOCS) == set()
    assert undocumented({"/api/none"}, {"BELEIDSWIJZER_NONE"}, {"beleidswijzer none"}, DOCS) == {
        "/api/none",
        "BELEIDSWIJZER_NONE",
        "beleidswijzer none",
    }


def _commands(group: Typer, before: str = "") -> list[str]:
    names = [c.name or (c.callback.__name__ if c.callback else "") for c in group.registered_commands]
    found = [f"{before}{name}" for name in names]
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        found += _commands(inner.typer_instance, f"{before}{inner.name} " if inner.name else before)
    return found


def test_every_make_target_is_explained() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = next(line for line in makefile.splitlines() if line.startswith(".PHONY:")).split()[1:]
    for target in phony:
        assert re.search(rf"^{target}:.*## ", makefile, re.M)


def test_the_lock_pins_every_dependency() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0] for line in lines if not line.startswith(" ")} | {"torch"}  # by `make install`
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+ \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?", line) for line in lines)
    assert all(after.startswith("    --hash=") for line, after in pairwise(lines) if "==" in line)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    for dependency in [*project["dependencies"], *extras["dev"], *extras["eval"]]:
        name = re.split(r"[=<>~]", dependency)[0].lower()
        assert name in pinned, name


def test_what_is_imported_is_declared() -> None:
    done = subprocess.run([sys.executable, "-m", "deptry", "."], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("package", LAYERS)
def test_packages_import(package: str) -> None:
    assert importlib.import_module(package).__doc__
