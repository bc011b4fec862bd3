"""The chart of a run, as SVG: text stays text."""

import collections

from bench.style import STYLE
from matplotlib import pyplot, ticker
from summary import part

pyplot.rcParams.update(STYLE | {"font.size": 10, "axes.titlesize": 11})

COLOURS = {"broker": "#cf222e", "steady": "#0969da", "killed-0": "#9a6700", "killed-1": "#1b7c83"}
LABELS = {
    "broker": "broker", "steady": "worker, never killed", "killed-0": "worker, killed", "killed-1": "another, killed"}
STEP = 10.0


def draw(options, record, sampler, counts, path):
    figure, (rate, latency, memory, descriptors) = pyplot.subplots(
        4, sharex=True, figsize=(8.6, 9.2), height_ratios=[1, 1.2, 1.3, 1])

    def minutes(at):
        return (at - record.begun) / 60

    draw_answers(rate, latency, record, minutes)
    draw_lives(memory, "Memory in MB", "memory", 1e6, sampler, minutes)
    draw_lives(descriptors, "Open descriptors", "descriptors", 1, sampler, minutes)
    memory.legend(ncols=4, frameon=False, fontsize=9, loc="lower left")
    for axes in (rate, latency, memory, descriptors):
        axes.grid(axis="y")
        axes.set_axisbelow(True)
        axes.set_xlim(0, options.minutes)
    mark(rate, [minutes(at) for at in record.kills], "#24292f", 1.0)
    mark(rate, [minutes(at) for at, _ in record.pauses], "#8250df", 0.91)
    descriptors.set_xlabel("minutes")
    figure.text(0.02, -0.005, caption(options, record, counts), fontsize=9, color="#57606a", va="top", linespacing=1.5)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight", facecolor="white", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def draw_lives(axes, title, of, unit, sampler, minutes):
    """A line for each life of a process."""
    axes.set_title(title)
    for (name, life), samples in sorted(sampler.lives.items()):
        at, values = [minutes(sample.at) for sample in samples], [getattr(sample, of) / unit for sample in samples]
        # A life may be as short as one sample.
        marker = "." if len(samples) == 1 else None
        label = LABELS[name] if life == 1 else None
        axes.plot(at, values, color=COLOURS[name], linewidth=1.4, marker=marker, markersize=3, label=label)
    axes.set_ylim(0, 1.15 * axes.get_ylim()[1])


def draw_answers(rate, latency, record, minutes):
    steps = collections.defaultdict(list)
    for came, seconds in record.latencies:
        steps[int((came - record.begun) / STEP)].append(1000 * seconds)
    # The last step is not whole.
    numbers = sorted(steps)[:-1]
    at = [minutes(record.begun + STEP * (number + 0.5)) for number in numbers]
    rate.set_title("Answers a second")
    rate.plot(at, [len(steps[number]) / STEP for number in numbers], color="#0969da", linewidth=1.4)
    rate.set_ylim(0, 1.3 * rate.get_ylim()[1])
    latency.set_title("Latency in ms")
    for of, label, colour in ((0.99, "p99", "#cf222e"), (0.5, "p50", "#0969da")):
        latency.plot(at, [part(steps[number], of) for number in numbers], color=colour, linewidth=1.4, label=label)
    latency.set_yscale("log")
    latency.set_ylim(top=4 * latency.get_ylim()[1])
    latency.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,g}"))
    latency.tick_params(which="minor", length=0, labelleft=False)
    latency.legend(ncols=2, frameon=False, fontsize=9, loc="upper right")


def mark(axes, times, colour, height):
    """Short lines at the upper edge."""
    axes.vlines(times, height - 0.08, height, transform=axes.get_xaxis_transform(), color=colour, linewidth=0.8)


def caption(options, record, counts):
    return (
        f"{options.minutes:g} minutes, seed {options.seed}: {record.sent:,} requests, {record.answered:,} answered, "
        f"{record.twice} twice, {record.lost} lost, {record.wrong} wrong.\n"
        f"{record.stale:,} answers said that a store was stale while a tool wrote it. "
        f"{counts['changes of the written stores'] + counts['changes by tools']:,} changes of stores.\n"
        f"{len(record.kills)} kills of workers (black marks), {len(record.pauses)} stops for up to 9 s (violet marks).")
