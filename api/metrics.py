"""What is measured while it serves, for Prometheus: requests, queue, index, memory. No question is in it."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.service import SearchService
from api.turns import Turns

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60)


class Metrics(Collector):
    """The measures of one application."""

    def __init__(self, turns: Turns, service: SearchService) -> None:
        self._service = service
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "beleidswijzer_request_seconds",
            "Time to answer, by route and status",
            ["method", "route", "status"],
            registry=self._registry,
            buckets=_SECONDS,
        )
        for name, about, read in (
            ("busy", "Requests that compute", lambda: turns.busy),
            ("waiting", "Requests that wait for a turn", lambda: turns.waiting),
        ):
            Gauge(f"beleidswijzer_requests_{name}", about, registry=self._registry).set_function(read)
        ProcessCollector(registry=self._registry)
        self._registry.register(self)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the template of its address, so that no document or question is named."""
        self._seconds.labels(method, route, str(status)).observe(seconds)

    def text(self) -> str:
        """Return all of it in the form of Prometheus."""
        return generate_latest(self._registry).decode()

    def collect(self) -> Iterator[Metric]:
        """Yield what who asks may search now, for the registry; nothing before an index is loaded."""
        if self._service.loaded is None:
            return
        index = self._service.searcher().index
        version = GaugeMetricFamily("beleidswijzer_index", "The index in use", labels=["corpus_hash", "model"])
        version.add_metric([index.manifest.corpus_hash, index.manifest.model], 1)
        yield version
        yield GaugeMetricFamily("beleidswijzer_index_documents", "Documents", value=len(index.documents))
        yield GaugeMetricFamily("beleidswijzer_index_passages", "Passages", value=len(index.passages))
        newest = self._service.problem() is None
        yield GaugeMetricFamily("beleidswijzer_index_newest", "1 if it is the newest on disk", value=newest)
