# Beleidswijzer in a container: its own user, nothing to write but /data and /tmp. README tells how to start it.
FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# The registry's own torch brings CUDA, some GB. With the address of PyTorch's builds for the processor, which its page
# "Get started" gives, that is left out.
ARG TORCH_INDEX=""
WORKDIR /src
COPY requirements-run.lock pyproject.toml ./
RUN python -m venv /opt/beleidswijzer \
    && /opt/beleidswijzer/bin/pip install --require-hashes --no-deps -r requirements-run.lock \
    && /opt/beleidswijzer/bin/pip install --no-deps ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "$(grep -o 'torch==[0-9.]*' pyproject.toml)"
COPY README.md LICENSE ./
COPY corpus corpus
COPY ingest ingest
COPY index index
COPY eval eval
COPY api api
RUN /opt/beleidswijzer/bin/pip install --no-deps .

FROM python:3.11-slim-bookworm
ENV PATH=/opt/beleidswijzer/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    BELEIDSWIJZER_CORPUS_DIR=/data/corpus \
    BELEIDSWIJZER_INDEX_DIR=/data/index \
    BELEIDSWIJZER_MODEL_DIR=/data/models \
    BELEIDSWIJZER_HOST=0.0.0.0
# To read scans as well: add tesseract-ocr and tesseract-ocr-nld (250 MB).
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin beleidswijzer \
    && install -d -o beleidswijzer -g beleidswijzer /data
COPY --from=build /opt/beleidswijzer /opt/beleidswijzer
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=5m \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["beleidswijzer"]
CMD ["serve", "--update"]
