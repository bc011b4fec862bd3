"""The charts of CLUSTER.md."""

import statistics

from matplotlib import ticker

from ..charts import begin, finish, label_ends

COLOURS = {"waybill": "#0969da", "C": "#24292f", 100: "#0969da", 1_000: "#cf222e"}


def draw(results, folder):
    """What there are figures for: the names and titles of the charts."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    if rows := [row for row in results.rows if row.kind == "filter with nodes"]:
        draw_holders(rows, folder / "cluster-holders.svg")
        drawn.append(("cluster-holders", "Requests a second by the number of nodes that hold the image"))
    if results.samples:
        draw_changes(results.samples, folder / "cluster-changes.svg")
        drawn.append(("cluster-changes", "From etcd's commit of a change to its being listed"))
    return drawn


def draw_holders(rows, path):
    figure, axes = begin("Who holds this image? Requests a second, 8 clients", "nodes that hold the image")
    ends = []
    for server, label in (("waybill", "waybill"), ("C", "C, the same bytes")):
        own = [row for row in rows if row.server == server]
        holders, values = [row.images for row in own], [[sample.per_second for sample in row.samples] for row in own]
        medians = [statistics.median(of) for of in values]
        colour = COLOURS[server]
        axes.fill_between(holders, [min(v) for v in values], [max(v) for v in values], color=colour, alpha=0.12, lw=0)
        axes.plot(holders, medians, color=colour, marker="o", markersize=4.5, linewidth=1.8)
        ends.append((holders[-1], medians[-1], label, colour))
    axes.set_yscale("log")
    label_ends(axes, ends)
    finish(figure, axes, path)


def draw_changes(samples, path):
    figure, axes = begin("% of changes that are listed, beside readers", "ms after etcd's commit")
    for rate, times in samples.items():
        shares = [100 * (number + 1) / len(times) for number in range(len(times))]
        axes.plot(sorted(times), shares, color=COLOURS[rate], linewidth=1.8, label=f"{rate:,} changes a second")
    axes.legend(frameon=False, loc="lower right")
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    finish(figure, axes, path)
