"""What we build on, and what the paper says: licences of the lock, and threats and faults with tests that exist."""

import re
import tomllib
from collections import Counter
from importlib.metadata import PackageNotFoundError, metadata

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

# Words of the licences that we may ship or test with: permissive, or copyleft on its own files only; all are compatible
# with the EUPL. Source: https://interoperable-europe.ec.europa.eu/collection/eupl/matrix
ALLOWED = re.compile(
    r"0BSD|AND|Apache|Apache-2\.0|BSD|BSD-[23]-Clause(-Views)?|BSL-1\.0|CC0-1\.0|CNRI-Python|ISC|LLVM-exception|MIT|MIT-0|MIT-CMU|MPL-2\.0"
    r"|OR|PSF-2\.0|WITH|Zlib"
)
# What a package's metadata says in another way -> the same; read in its own licence file where metadata says nothing.
TOLD = {
    "2.0": "Apache",
    "(ISCL)": "ISC",
    "(MPL": "MPL-2.0",
    "2.0)": "MPL-2.0",
    "BSD,": "BSD",
    "3-Clause": "BSD",
    "MIT,": "MIT",
    "Mozilla": "MPL-2.0",
    "Public": "MPL-2.0",
    "Software": "Apache",
    "License": "OR",
}
READ_BY_EYE = {
    "aiosmtpd": "Apache-2.0",  # its LICENSE; a classifier says "OSI Approved" and no more
    "axe-playwright-python": "MIT",  # its licenses/LICENSE
    "locate": "MIT",  # its LICENSE; the classifier says "Other"
    "matplotlib": "PSF-2.0",  # its LICENSE: "based on the Python Software Foundation License"
    "pypdfium2": "BSD-3-Clause AND Apache-2.0",  # PDFium, Apache and BSD, is inside
}
RUN_EXTRAS = {"fast", "mcp", "postgres", "qdrant"}  # in the container too
PAPER = (ROOT / "docs" / "dreigingen.md").read_text(encoding="utf-8")
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def locked() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line.split("==")[0] for line in lines if "==" in line] + ["torch"]


def licence(name: str) -> str:
    """Return the licence of an installed package, as it says it first."""
    about = metadata(name)
    if name in READ_BY_EYE:
        return READ_BY_EYE[name]
    if "License-Expression" in about:
        return about["License-Expression"]
    classified = [one.rsplit(" :: ", 1)[-1] for one in about.get_all("Classifier") or [] if one.startswith("License")]
    return " OR ".join(classified) or (about["License"] if "License" in about else "")


def refused(told: str) -> list[str]:
    """Return the words of a licence that are not those of one that we may use."""
    words = [TOLD.get(word, word) for word in told.split()]
    return [word for word in words if not ALLOWED.fullmatch(word)]


@pytest.mark.parametrize("name", locked())
def test_every_licence_is_one_that_we_may_use(name: str) -> None:
    try:
        told = licence(name)
    except PackageNotFoundError:
        pytest.skip("not on this machine")
    assert told and not refused(told), f"{name}: {told}"


@pytest.mark.parametrize("told", ["GPL-3.0-only", "AGPL-3.0", "Other/Proprietary License", "BSD AND LGPL-2.1", "None"])
def test_another_licence_is_refused(told: str) -> None:
    assert refused(told)


def runtime() -> set[str]:
    """Return the packages that running needs, directly or through others, as those that are installed say it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(one for name in RUN_EXTRAS & extras.keys() for one in extras[name])]
    todo = [Requirement(one) for one in wanted]
    found: set[tuple[str, str]] = set()
    while todo:
        one = todo.pop()
        name = canonicalize_name(one.name)
        if one.marker and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            told = metadata(name).get_all("Requires-Dist") or []
        except PackageNotFoundError:  # what we leave out on purpose: CUDA, telemetry
            continue
        new = {(name, extra) for extra in one.extras or {""}} - found
        found |= new
        for _, extra in new:
            inner = [Requirement(line) for line in told]
            todo += [r for r in inner if not r.marker or r.marker.evaluate({"extra": extra})]
    return {name for name, _ in found}


def test_the_runtime_lock_is_the_part_of_the_lock_that_running_needs(request: pytest.FixtureRequest) -> None:
    path, wanted = ROOT / "requirements-run.lock", runtime()
    blocks = re.split(r"^(?=[a-z0-9])", (ROOT / "requirements.lock").read_text(encoding="utf-8"), flags=re.M)
    kept = "".join(block for block in blocks if block.split("==")[0] in wanted)
    listed = "".join(f"| {name} | {licence(name)} |\n" for name in sorted(wanted - {"setuptools"}))
    told = f"# Licenties van wat meekomt\n\nBeleidswijzer zelf: EUPL-1.2.\n\n| pakket | licentie |\n|---|---|\n{listed}"
    licences = ROOT / "docs" / "licenties.md"
    if request.config.getoption("--rewrite-golden"):
        path.write_text(kept, encoding="utf-8")
        licences.write_text(told, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == kept and licences.read_text(encoding="utf-8") == told
    assert "fastapi==" in kept and "pytest==" not in kept and "mypy==" not in kept
    assert wanted - {block.split("==")[0] for block in blocks} <= {"torch", "setuptools"}


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the table under a heading, cell by cell."""
    section = PAPER.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip().strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line] for line in lines[2:]]


@pytest.mark.parametrize(("heading", "most"), [("Threats", 40), ("Faults of 0.5.0", 17)])
def test_each_threat_and_each_fault_names_a_test_that_guards_it(heading: str, most: int) -> None:
    found = rows(heading)
    assert 12 <= len(found) <= most
    for row in found:
        named = _NAMED.findall(row[-1])
        assert named, f"{row[0]} names no test"
        for path, test in named:
            code = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^def {test}\(", code, re.M), f"{row[0]}: {path} has no {test}"


def test_the_faults_are_all_there_once() -> None:
    assert Counter(row[0] for row in rows("Faults of 0.5.0")) == Counter(str(n) for n in range(1, 18))


def test_the_threats_fit_on_two_pages() -> None:
    assert len(PAPER.split()) < 1800


def test_the_container_runs_as_nobody_over_a_read_only_root() -> None:
    recipe = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "USER 10001" in recipe and "HEALTHCHECK" in recipe and "--require-hashes --no-deps" in recipe
    for name in ("compose.yaml", "compose.caddy.yaml"):
        told = (ROOT / "deploy" / name).read_text(encoding="utf-8")
        assert "read_only: true" in told and "cap_drop: [ALL]" in told
        assert ("--insecure" in told) == ("127.0.0.1:8000:8000" in told), "open only where nobody else comes"
    several = (ROOT / "deploy" / "compose.qdrant.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"PASSWORD: (.+)|:([^@/]+)@postgres", several)) == {
        ("${RECORDS_PASSWORD}", ""),
        ("", "${RECORDS_PASSWORD:?zeg welk wachtwoord PostgreSQL heeft}"),
    }
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.M)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in (one for line in copied for one in line.split()):
        assert (ROOT / name).exists() and f"!{name}" in ignored
