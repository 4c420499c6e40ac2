PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install serve test test-slow check lint types ingest eval eval-answers eval-report eval-gate eval-baseline bench bench-peers tune tune-reader calibrate golden screenshots taken fuzz soak lock audit sbom clean
help: ## show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

install: $(VENV)/.installed ## make .venv and install the pinned packages
$(VENV)/.installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check "$$(grep -o 'torch==[0-9.]*' pyproject.toml)"
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

serve: install ## build the index if needed and serve on 127.0.0.1:8000
	$(BIN)/beleidswijzer serve --update

PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n $(or $(WORKERS),2) --dist loadfile # each has a core: threads would wait for each other
test: install ## run the tests that are not slow, on WORKERS (2) cores
	$(PYTEST) -m "not slow"
test-slow: install ## run the slow tests: kills, damage, training, every question
	$(PYTEST) -m slow

check: lint types ## lint and types
lint: install ## ruff, check and format
	$(BIN)/ruff check . && $(BIN)/ruff format --check .
types: install ## mypy --strict
	$(BIN)/mypy

ingest: install ## build or update the index over corpus/
	$(BIN)/beleidswijzer ingest
eval: ingest ## measure retrieval on the development questions
	$(BIN)/beleidswijzer eval
eval-report: ingest ## write rapport.html; BEIR=folder adds a collection
	$(BIN)/beleidswijzer eval report $(if $(BEIR),--beir $(BEIR)) $(if $(wildcard .index/peers),--peers .index/peers)
eval-answers: ingest ## ask the service the development questions and measure its answers
	$(BIN)/beleidswijzer eval ask .index/answers.jsonl
	$(BIN)/beleidswijzer eval answers .index/answers.jsonl
eval-gate: eval-answers ## fail when quality is significantly below eval/data/baseline.json
	$(BIN)/beleidswijzer eval gate --answers .index/answers.jsonl
eval-baseline: eval-answers ## rewrite eval/data/baseline.json; review it as a diff
	$(BIN)/beleidswijzer eval gate --answers .index/answers.jsonl --write
bench-peers: ingest ## txtai and Haystack on the same passages, model and questions; BEIR=folder adds a collection
	test -x .venv-peers/bin/python || $(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check -r eval/peers/requirements.txt
	$(BIN)/beleidswijzer eval peers .index/peers --python .venv-peers/bin/python $(if $(BEIR),--beir $(BEIR))
bench: ingest ## how the service does at SIZES passages (1000 10000 100000); writes bench.json and bench.svg
	$(BIN)/python -m tests.api.bench --index $${BELEIDSWIJZER_INDEX_DIR:-.index} --sizes $(or $(SIZES),1000 10000 100000)
tune: install ## make the shipped adapter again; BEIR=folder adds the pairs on its texts
	$(BIN)/beleidswijzer tune corpus/questions.jsonl eval/data/train_decisions.jsonl --out index/adapter $(if $(BEIR),--beir $(BEIR))
tune-reader: ingest ## make index/reader again (minutes on a GPU, hours on two cores), then calibrate; BEIR=folders, LINES=file add questions
	$(BIN)/beleidswijzer tune-reader $(BEIR:%=--beir %) $(LINES:%=--lines %)
	$(BIN)/beleidswijzer calibrate
calibrate: ingest ## fit the weights and thresholds of answers again, as after another adapter; kept only if better
	$(BIN)/beleidswijzer calibrate
golden: install ## rewrite the golden files; review them as a diff
	$(BIN)/pytest tests/ingest/test_golden.py tests/index/test_recipes.py --rewrite-golden
screenshots: ingest ## photograph the pages into docs/screenshots; needs Debian's chromium
	BELEIDSWIJZER_INDEX_DIR=$${BELEIDSWIJZER_INDEX_DIR:-.index} $(BIN)/python -m tests.browser.screenshots
taken: ingest ## do the five tasks of docs/taken.md on the page; needs Debian's chromium
	BELEIDSWIJZER_INDEX_DIR=$${BELEIDSWIJZER_INDEX_DIR:-.index} $(BIN)/python -m tests.browser.tasks
fuzz: install ## 20,000 odd requests to every page and address: none may end in an error of ours
	FUZZ_REQUESTS=20000 $(BIN)/pytest tests/api/test_openapi.py -k breaks
soak: ingest ## 32 clients for SECONDS (900) while documents change; writes soak.json and soak.svg
	$(BIN)/python -m tests.api.soak --index .index --seconds $(or $(SECONDS),900)
.venv-tools/.installed: requirements-tools.txt
	$(PYTHON) -m venv .venv-tools
	.venv-tools/bin/pip install --quiet --disable-pip-version-check -r requirements-tools.txt
	touch $@
lock: .venv-tools/.installed ## write the hashes of the versions in requirements.lock again
	.venv-tools/bin/uv pip compile requirements.lock --quiet --no-deps --generate-hashes --no-annotate --no-header --python-version 3.11 --output-file requirements.lock
	$(BIN)/pytest tests/test_supply.py -k runtime --rewrite-golden
audit: .venv-tools/.installed ## ask the advisory service about each pinned version; needs the network
	.venv-tools/bin/pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict
sbom: install .venv-tools/.installed ## write sbom.json (CycloneDX): every package that is installed, with its licence
	.venv-tools/bin/cyclonedx-py environment --pyproject pyproject.toml --of JSON --output-file sbom.json $(BIN)/python
clean: ## remove .venv, the index and caches
	rm -rf $(VENV) .venv-peers .venv-tools sbom.json soak.json soak.svg .index .pytest_cache .mypy_cache .ruff_cache
