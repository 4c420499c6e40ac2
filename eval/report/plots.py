"""The plots of the report, as SVG that stands in the page."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from eval.answers import Risk
from eval.compare import interval
from eval.measure import CUTOFFS
from eval.report.build import Table, points

INK, MUTED, OURS, OTHER, WORSE = "#1b2733", "#6b7785", "#0b5d8a", "#a9b8c6", "#b3402a"
_Data = TypeVar("_Data")
_STYLE = {"font.family": "sans-serif", "font.size": 9.5, "svg.fonttype": "none", "svg.hashsalt": "beleidswijzer"}


def draw(paint: Callable[[Axes, _Data], tuple[float, float]], data: _Data) -> str:
    """Return an SVG of data, painted by one of the functions below, which return its width and height in inches."""
    with rc_context(_STYLE):  # type: ignore[arg-type]
        figure = Figure(layout="constrained")
        axes = figure.add_subplot()
        figure.set_size_inches(*paint(axes, data))
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(OTHER)
        axes.tick_params(colors=INK, length=0)
        target = io.StringIO()
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    svg = target.getvalue()
    return svg[svg.index("<svg") :]


def systems(axes: Axes, table: Table) -> tuple[float, float]:
    """Plot nDCG@10 of each system with its 95 % interval."""
    names = [f"{system.letter}  {system.label}" for system in table.systems]
    for i, system in enumerate(table.systems):
        low, high = interval([row["nDCG@10"] for row in table.rows[system.name].values()])
        color = OURS if i == 0 else MUTED
        axes.plot([100 * low, 100 * high], [i, i], color=color, lw=2.2, alpha=0.45, solid_capstyle="round")
        axes.plot(100 * system.means["nDCG@10"], i, "o", color=color, ms=7)
        axes.text(100 * high + 1, i, points(system.means["nDCG@10"]), va="center", color=color)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("nDCG@10 (0 tot 100); streep: 95 %-interval")
    axes.grid(axis="x", color="#e6ebf0")
    axes.set_axisbelow(True)
    return 8.2, 0.6 + 0.32 * len(names)


def success_by_rank(axes: Axes, table: Table) -> tuple[float, float]:
    """Plot in how many of the questions a full answer stands in the first k passages."""
    shown = table.systems[:1] + tuple(system for system in table.systems[1:] if system.name in _SHOWN)
    for i, system in enumerate(shown):
        values = [100 * system.means[f"S@{k}"] for k in CUTOFFS]
        axes.plot(
            CUTOFFS, values, _MARKS[i], ls="-", color=OURS if i == 0 else MUTED, lw=2.4 if i == 0 else 1.2,
            ms=6 if i == 0 else 5, label=system.label, markerfacecolor=OURS if i == 0 else "white",
        )  # fmt: skip
    axes.set_xticks(CUTOFFS, [f"eerste {k}" if k > 1 else "eerste" for k in CUTOFFS])
    axes.set_ylabel("% van de vragen met volledig antwoord")
    axes.grid(axis="y", color="#e6ebf0")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    return 9.2, 3.1


_SHOWN = ("hybrid-untuned", "dense", "bm25", "txtai", "haystack")
_MARKS = "osD^v<"


def groups(axes: Axes, found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> tuple[float, float]:
    """Plot nDCG@10 of each group of questions; the name of a facet stands above its groups."""
    place, ticks = 0.0, dict[float, str]()
    for (facet, values), shade in zip(found.items(), (OURS, "#4f86a6", "#7d6b9a", "#5f8f6a"), strict=False):
        axes.text(0, place + 1.3, facet, va="center", weight="bold", color=shade)
        place += 1.1
        for value, row in sorted(values.items(), key=lambda item: -item[1]["nDCG@10"]):
            place += 1
            ticks[place] = f"{value}  ({row['n']:.0f})"
            axes.barh(place, 100 * row["nDCG@10"], color=shade, height=0.72)
            axes.text(100 * row["nDCG@10"] + 1, place, points(row["nDCG@10"]), va="center", color=MUTED)
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.set_ylim(place + 0.7, 0.7)
    axes.set_xlim(0, 108)
    axes.set_xlabel("nDCG@10; tussen haakjes het aantal vragen")
    return 7.2, 0.7 + 0.235 * (sum(map(len, found.values())) + 1.1 * len(found))


def changes(axes: Axes, found: Mapping[str, float]) -> tuple[float, float]:
    """Plot the change of nDCG@10 of each question that changed, from worst to best."""
    ordered = sorted(found.items(), key=lambda item: item[1])
    values = [100 * value for _, value in ordered]
    axes.bar(range(len(values)), values, color=[WORSE if value < 0 else OURS for value in values], width=0.75)
    axes.set_xticks(range(len(values)), [name for name, _ in ordered], rotation=90, fontsize=7.5)
    axes.axhline(0, color=INK, lw=0.8)
    axes.set_ylabel("verschil in nDCG@10")
    return 7.2, 2.8


def risk(axes: Axes, curve: Sequence[Risk]) -> tuple[float, float]:
    """Plot the share of wrong answers against the share of questions that are answered."""
    axes.step([100 * point.coverage for point in curve], [100 * point.risk for point in curve], where="pre", color=OURS)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("% van de vragen dat beantwoord wordt, de zekerste eerst")
    axes.set_ylabel("% daarvan fout beantwoord")
    axes.grid(color="#e6ebf0")
    return 5.6, 3.2
