"""The charts, as SVG: text stays text, and the same figures give the same file."""

from matplotlib import pyplot, ticker

from .results import Estimate
from .style import STYLE

pyplot.rcParams.update(STYLE)

SERVERS = {
    "waybill": ("#0969da", "waybill", "-"),
    "C": ("#24292f", "C, libzmq alone", (0, (2, 2))),
    "Redis": ("#cf222e", "Redis GET", "-"),
    "Python": ("#9a6700", "Python, encoding each", "-"),
    "Go gRPC": ("#1b7c83", "Go, encoding each", "-"),
    "containerd": ("#8250df", "containerd, CRI", "-"),
}


def draw(plan, results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    draw_lists(plan, results, "per_second", "Whole lists a second, 8 clients", folder / "throughput.svg")
    draw_lists(plan, results, "p50_us", "Median latency of a whole list in µs, 8 clients", folder / "latency.svg")
    draw_changes(results, folder / "change.svg")


def draw_lists(plan, results, of, title, path):
    figure, axes = begin(title, "images in the list")
    ends = []
    for server, (colour, label, style) in SERVERS.items():
        rows = [row for images in plan.lists if (row := results.row("list", images, server))]
        if not rows:
            continue
        sizes = [row.images for row in rows]
        estimates = [row.estimate(of) for row in rows]
        medians = [estimate.value for estimate in estimates]
        lows, highs = [estimate.low for estimate in estimates], [estimate.high for estimate in estimates]
        axes.fill_between(sizes, lows, highs, color=colour, alpha=0.12, lw=0)
        axes.plot(sizes, medians, color=colour, linestyle=style, marker="o", markersize=4.5, linewidth=1.8)
        if sizes[-1] == plan.lists[-1]:
            ends.append((sizes[-1], medians[-1], label, colour))
        else:
            label_short(axes, sizes[-1], medians, label, colour)
    axes.set_yscale("log")
    label_ends(axes, ends)
    finish(figure, axes, path)


def draw_changes(results, path):
    figure, axes = begin("Median µs of one change", "images in the registry")
    noted = sorted((images, of) for (name, images), of in results.values.items() if name == "µs of a change")
    sizes = [images for images, _ in noted]
    estimates = [Estimate.of(of) for _, of in noted]
    medians, highs = [estimate.value for estimate in estimates], [estimate.high for estimate in estimates]
    axes.fill_between(sizes, [estimate.low for estimate in estimates], highs, color="#0969da", alpha=0.12, lw=0)
    axes.plot(sizes, medians, color="#0969da", marker="o", markersize=4.5, linewidth=1.8)
    for images, value in zip(sizes, medians):
        name_point(axes, images, value, f"{value:.1f}", (-5, 11), ha="center")
    axes.set_ylim(0, 1.25 * max(highs))
    finish(figure, axes, path)


def begin(title, size):
    figure, axes = pyplot.subplots(figsize=(7.6, 4.2))
    axes.set_title(title, pad=12)
    axes.set_xscale("log")
    axes.set_xlabel(size)
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    return figure, axes


def label_ends(axes, ends):
    """Names each line at its end; names that would overlap are moved apart."""
    least = 14 * axes.figure.dpi / 72
    taken = float("-inf")
    for images, value, label, colour in sorted(ends, key=lambda end: end[1]):
        at = axes.transData.transform((images, value))[1]
        taken = max(at, taken + least)
        name_point(axes, images, value, label, (9, (taken - at) * 72 / axes.figure.dpi), color=colour)


def label_short(axes, images, values, label, colour):
    """Names a line that ends before the others do, on the side of its end that it does not come from."""
    rises = values[-1] > values[0]
    name_point(axes, images, values[-1], label, (-9, 5 if rises else -5), color=colour, ha="right")


def name_point(axes, images, value, text, offset, **style):
    style = {"va": "center", "fontsize": 10} | style
    axes.annotate(text, (images, value), offset, textcoords="offset points", **style)


def finish(figure, axes, path):
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.tick_params(which="minor", length=0)
    figure.savefig(path, bbox_inches="tight", facecolor="white", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
