"""RESULTS.md."""

import datetime

from . import machine
from .results import CONFIDENCE, MORE, SELDOM, Estimate
from .targets import targets

SECTIONS = [
    (
        "The whole list",
        ["list", "list over ipc", "list, 64 in flight"],
        "Eight clients, each of which asks again when its reply is in; *64 in flight*: one client that does not wait. "
        "*C* is a plain libzmq REP server that lends the same bytes to every request without a copy: the limit of the "
        "transport. *Redis* gives the same bytes by GET, to the same load. *Python* is pyzmq and msgpack, with the "
        "images in memory and each reply encoded anew. *Go gRPC* does the same for the CRI call, and *containerd* "
        "answers that from its own store, with the same images, in CRI's own encoding; the load of these two is h2load.",
    ),
    (
        "One image of many, or none",
        ["filter", "not_modified"],
        "A registry of generated images in memory, behind the worker's own socket. C lends a list of one image.",
    ),
    (
        "Beside changes and crowds, and watched",
        ["filter beside changes", "list beside changes", "filter, one client", "list, watched or not"],
        "*changing*: 1,000 images a second are changed, and every reply is checked to be of one state. *listing*: "
        "another client lists all the images in a loop. *watched*: with the usual logs, and Prometheus' metrics are "
        "read in the middle of each round; *silent*: `critical`, and no metrics.",
    ),
    (
        "In a crowd",
        ["list in a crowd"],
        "Of so many connections (in the column *images*) to a list of one image, a hundred ask, each of which asks again when "
        "its reply is in; the others have asked once.",
    ),
    (
        "Through two workers",
        ["list through two workers"],
        "The broker, and libzmq's own `zmq_proxy`. The CPU time is that of what stands between, without the workers.",
    ),
    (
        "Over CRI",
        ["list over CRI", "filter beside CRI"],
        "Eight clients of h2load, a call after the other. *grpc-swift* sends the same bytes to every call: the limit of the "
        "library. *filter beside CRI*: one client over ZeroMQ, while two others list over CRI.",
    ),
]


def start_columns(kind):
    return {
        "seconds": f"seconds to the first list, {kind}",
        "seconds, cold": f"seconds to the first list, cold, {kind}",
        "packed bytes": f"packed bytes of a worker, {kind}",
        "resident bytes": f"resident bytes of a worker, {kind}",
        "of them anonymous": f"anonymous bytes of a worker, {kind}",
    }


VALUES = [
    (
        "Asking containerd",
        "`waybill worker cri:`, while nothing changes in containerd, and from `ctr images tag` to its being listed.",
        {
            "% of a core, waybill": "% of a core, waybill",
            "% of a core, containerd": "% of a core, containerd",
            "seconds until a change is listed": "seconds until a change is listed",
        },
    ),
    (
        "Changes",
        "One image changed in a registry in memory, and the whole list that is asked for right after it; in one "
        "process, nobody else asking.",
        {"µs of a change": "µs of a change", "µs of the first list": "µs of the first list after a change"},
    ),
    (
        "Changes beside readers",
        "The same while eight clients ask, 1,000 changes a second.",
        {"changes a second": "changes a second beside readers", "µs of a change": "µs of a change beside readers"},
    ),
    (
        "Memory",
        "Of a registry in memory and its worker, before the first list and after it; *packed* is the list's own size. "
        "*Anonymous* is what is not of the files of the program and its libraries, some 27 MB that any system keeps "
        "but once and may drop.",
        {
            "packed bytes": "packed bytes",
            "resident bytes, filled": "resident bytes, filled",
            "resident bytes, listed": "resident bytes, listed",
            "of them anonymous": "anonymous bytes, listed",
            "bytes more by 100 clients that do not read": "bytes grown by clients that do not read",
        },
    ),
    (
        "Connections",
        "What one of so many (in the column *images*) takes of anonymous memory.",
        {"bytes, waybill": "bytes of a connection, waybill", "bytes, C": "bytes of a connection, C"},
    ),
    (
        "Start",
        "From the start of `waybill worker oci:` to the end of the first whole list, the files in the system's cache; *cold*: "
        "after the system has dropped its caches, which takes root.",
        start_columns("oci"),
    ),
    ("Start with containers/storage", "The same of `containers-storage:`.", start_columns("containers-storage")),
]

HEADINGS = ["request", "images", "bytes", "server", "requests a second", "p50 µs", "p90 µs", "p99 µs"]
HEADINGS += ["CPU µs a request", "rate against", "CPU against"]

CHARTS = [
    ("throughput", "Requests a second by the size of the list"),
    ("latency", "Median latency by the size of the list"),
    ("change", "What a change costs by the size of the registry"),
]


def report(plan, results, command, minutes, charts):
    """The whole text; `charts` is the folder of the charts, beside the file."""
    loads = [sample.load_cores for row in results.rows for sample in row.samples]
    lines = [
        "# Benchmark results",
        "",
        f"- date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
        f"- machine: {machine.description()}",
        f"- versions: {machine.versions()}",
        f"- command: `{command}`, in {minutes:.0f} minutes",
        f"- load: {spread(loads)} of a core, on the cores that the servers use too",
        "",
        f"Medians of {rounds(plan)}, the servers asked in turn; in brackets, what holds the median with a confidence of "
        f"{CONFIDENCE:.0%}, by the order of the rounds alone. Where these do not tell whether a target is met, there are "
        f"up to {MORE} times as many. Peers that are far away have at most {SELDOM} rounds; starts, memory and "
        f"containerd's rest have {plan.few}, of which the lowest and the highest are given. CPU is the server's, user and "
        "system, all threads; *against* is the median of the rounds' quotients by the server in the same group of lines "
        "that has none. Every byte of every reply over ZeroMQ and from Redis was checked; of those over gRPC, the size of "
        "each and the images of some.",
    ]
    lines += look(plan)
    lines += ["", "## Targets", "", "What is in bold was missed. What the rounds cannot tell is *open*.", ""]
    verdicts = [target.cells for target in targets(plan, results)]
    lines.append(table(["what", "target", "measured", "met"], verdicts, str.ljust))
    if results.missing:
        lines += ["", "Not measured here:", ""] + [f"- {name}: {why}." for name, why in results.missing.items()]
    for name, title in CHARTS:
        lines += ["", f"![{title}]({charts.name}/{name}.svg)"]
    for title, kinds, explanation in SECTIONS:
        rows = [row for kind in kinds for row in results.rows if row.kind == kind]
        lines += section(title, explanation, HEADINGS, [cells(row) for row in rows])
    for title, explanation, columns in VALUES:
        noted = []
        for images in sorted({images for name, images in results.values if name in columns.values()}):
            noted.append([f"{images:,}"] + [spread(results.values.get((name, images))) for name in columns.values()])
        lines += section(title, explanation, ["images", *columns], noted)
    return "\n".join(lines) + "\n"


def rounds(plan):
    short = plan.short_load()
    return (
        f"{plan.rounds_of(short)} rounds of {short.seconds} seconds where replies are small, and of {plan.rounds} of "
        f"{plan.seconds} seconds where they are not"
    )


def look(plan):
    return ["", "**Fewer than seven rounds: a look, not figures to quote.**"] if plan.rounds < 7 else []


def section(title, explanation, headings, lines):
    return ["", f"## {title}", "", explanation, "", table(headings, lines, str.rjust)] if lines else []


def cells(row):
    shown = [row.kind, f"{row.images:,}", f"{row.bytes:,}", row.server]
    shown.append(spread(row.values("per_second")))
    shown += [plain(row.median(of)) for of in ("p50_us", "p90_us", "p99_us", "cpu_us")]
    if row.limit:
        return shown + [within(row.against_limit(of)) for of in ("per_second", "cpu_us")]
    return shown + ["", ""]


def spread(values):
    """The median and what holds it; nothing of nothing."""
    return within(Estimate.of(values)) if values else ""


def within(estimate):
    median, low, high = plain(estimate.value), plain(estimate.low), plain(estimate.high)
    return median if low == high else f"{median} ({low}–{high})"


def plain(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def table(headings, lines, pad):
    """In Markdown; `pad` says on which side."""
    widths = [max(len(line[column]) for line in [headings, *lines]) for column in range(len(headings))]

    def join(shown):
        return f"| {' | '.join(pad(cell, width) for cell, width in zip(shown, widths))} |"

    rule = "|" + "|".join("-" * (width + 1) + (":" if pad is str.rjust else "-") for width in widths) + "|"
    return "\n".join([join(headings), rule, *map(join, lines)])
