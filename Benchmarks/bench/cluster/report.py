"""CLUSTER.md."""

import datetime

from .. import machine
from ..report import HEADINGS, cells, section, spread, table
from ..results import Results
from ..targets import Check, Target, quotient
from .etcd import Etcd

HOW = [
    "etcd is one member on the same cores, in a temporary folder. 50 images a node, about 475 bytes packed; the "
    "most popular image is on every node, a tenth of the images on ten nodes each, and those between fall off as a "
    "power of their rank. Every reply is compared with bytes that are worked out without waybill, etags included. "
    "Over tcp on loopback.",
    "**C1, C2**: from the start of the process to the first answer that is not `UNAVAILABLE`; anonymous memory is "
    "`RssAnon` a second later.",
    "**C3**: a node's record is put, and the worker is asked for that node with `if_none_match` in a loop until it "
    "answers otherwise. Time counts from etcd's reply to the put. 20 changes a second are followed so, the others "
    "are made by another process, all beside two clients that ask for an image in a loop.",
    "**C4**: eight clients, beside a server in C that lends the same bytes to every request, in turn by half a "
    "second.",
    "**C5**: one client. *mixed*: an image that ten nodes hold, of a hundred, of a thousand, of half of all and of "
    "all; *most popular*: the five that most nodes hold.",
    "**C6, C7, C8**: the publishers are played by one process, each with a connection and leases of its own, by "
    "the protocol of `waybill publish`. Which keys were written is asked of etcd. In C7 all of them start anew, a "
    "few at a time, over what others left in etcd; twenty real `waybill publish` are killed, and stopped, and "
    "started anew besides. In C8 etcd is killed and started again on its data, a tenth of the nodes change while "
    "it is gone, and the worker is asked all the time: each list of a node must be the old one or the new one. "
    "*silent*: all publishers are cut off until their leases have ended, and come back at once.",
    "**C9**: one client in Python each. etcd is asked for all records, which are then scanned for the image's "
    "digest; that the client knows the digest of the name already is not counted.",
    "**C10**: a worker over etcd and one over an OCI layout with the same images, eight clients, in turn by half a "
    "second, for replies that are the same bytes.",
]

VALUES = [
    (
        "Start and memory",
        "nodes",
        [
            "seconds to ready",
            "CPU seconds to ready",
            "seconds of one range of everything",
            "anonymous MB, loaded",
            "anonymous MB, asked for every node",
        ],
    ),
    (
        "Changes",
        "changes a second",
        [
            "changes a second made",
            "ms from commit to listed, p50",
            "ms from commit to listed, p99",
            "ms from put to listed, p50",
            "ms from put to listed, p99",
        ],
    ),
    (
        "Publishers",
        "nodes",
        [
            "% of a core of etcd, idle",
            "% of a core of waybill, idle",
            "keep-alives a second",
            "leases looked at a second",
            "writes while idle",
            "resident MB of etcd, with all publishers connected",
            "seconds of a restart of all",
            "etcd's CPU seconds of a restart of all",
            "leases looked at in a restart of all",
            "calls that failed and were made again",
        ],
    ),
    (
        "Outages",
        "nodes",
        [
            "seconds without etcd",
            "seconds from etcd's return until all is listed",
            "replies checked around the outage",
            "seconds until all silent nodes are gone",
            "seconds until all silent nodes are back",
        ],
    ),
    ("Who holds an image, beside etcd", "holders", ["µs by waybill", "ms by etcd", "times as fast as etcd"]),
]


class ClusterResults(Results):
    """With what is no figure by size.

    `samples` are those of C3 in ms, by the changes a second; `counts` those of C7: publishers, and what they wrote:
    records, images and revisions.
    """

    def __init__(self, nodes, large):
        super().__init__()
        self.nodes = nodes
        self.large = large
        self.samples = {}
        self.counts = {}

    def against(self, kind):
        """The ratios of requests a second, by size."""
        rows = [row for row in self.rows if row.kind == kind and row.limit]
        return {row.images: row.against_limit("per_second") for row in rows}


def targets(results):
    nodes, large = results.nodes, results.large or 100_000

    def value(name, size=nodes):
        return results.value(name, size)

    def most(label, measured, bound):
        return Check(label, measured, bound, False)

    def p50(kind):
        row = results.row(kind, nodes)
        return row and row.median("p50_us") / 1e3

    ratios = results.against("filter with nodes")
    plain = {kind: results.against(f"{kind}, no nodes") for kind in ("filter", "not_modified", "list")}
    restarts = []
    for kind in ("played", "killed", "stopped"):
        expected, records, images, _ = results.counts.get(kind, [None] * 4)
        restarts.append(most(f"{kind}: records per node", quotient(records, expected), 1))
        restarts.append(most(f"{kind}: images", images, 0))
    return {
        "C1": Target(
            "worker from start to ready",
            "≤ 1.5 s; with 100,000 nodes ≤ 15 s",
            [most(f"{size:,}", value("seconds to ready", size), s) for size, s in ((nodes, 1.5), (large, 15))],
        ),
        "C2": Target(
            "worker's anonymous memory, loaded",
            "≤ 40 MB; with 100,000 nodes ≤ 200 MB",
            [most(f"{size:,}", value("anonymous MB, loaded", size), mb) for size, mb in ((nodes, 40), (large, 200))],
        ),
        "C3": Target(
            "a node's change, from etcd's commit to being listed, beside readers",
            "100 changes/s: p50 ≤ 5 ms, p99 ≤ 50 ms; 1,000/s: p99 ≤ 250 ms",
            [
                most("p50", value("ms from commit to listed, p50", 100), 5),
                most("p99", value("ms from commit to listed, p99", 100), 50),
                most("p99 at 1,000", value("ms from commit to listed, p99", 1_000), 250),
            ],
        ),
        "C4": Target(
            "a filtered request with `nodes` against C sending the same bytes",
            "10 holders ≥ 0.9; all nodes ≥ 0.8",
            [Check("10", ratios.get(10), 0.9), Check(f"{nodes:,}", ratios.get(nodes), 0.8)],
        ),
        "C5": Target(
            "`ImageLocality` of 5 images, first 100 nodes",
            "p50 ≤ 1 ms, one client",
            [most(f"{kind}, ms", p50(f"locality, {kind}"), 1) for kind in ("mixed", "most popular")],
        ),
        "C6": Target(
            f"{nodes:,} publishers idle (TTL 60 s): etcd's CPU",
            "≤ 30 % of a core; no write but keep-alives",
            [most("%", value("% of a core of etcd, idle"), 30), most("writes", value("writes while idle"), 0)],
        ),
        "C7": Target("all publishers restarted", f"{nodes:,} record writes, no image written", restarts),
        "C8": Target(
            "etcd gone for two minutes, then back",
            "every node listed again within 15 s, none wrong in between",
            [most("s", value("seconds from etcd's return until all is listed"), 15)],
        ),
        "C9": Target(
            "against asking etcd itself (range of the records, then a scan) “who holds X”",
            "≥ 500 ×",
            [Check(f"{holders:,} holders", value("times as fast as etcd", holders), 500) for holders in (10, nodes)],
        ),
        "C10": Target(
            "a request on a worker with nodes against one without, same images, no `nodes` asked",
            "≥ 0.98",
            [Check(kind, next(iter(of.values()), None), 0.98) for kind, of in plain.items()],
        ),
    }


def versions(waybill):
    found = {
        "waybill": machine.first_match(r"^(\S+)", machine.output(waybill, "--version")),
        "etcd": Etcd.version(),
        "libzmq": machine.output(machine.SCRATCH / "fixed", "--version").strip(),
        "Swift": machine.first_match(r"Swift version (\S+)", machine.output("swift", "--version")),
    }
    return ", ".join(f"{name} {version}" for name, version in found.items() if version)


def report(plan, results, waybill, command, minutes, charts):
    """The whole text; `charts` are their folder, beside the file, and their names and titles."""
    folder, drawn = charts
    lines = [
        "# A cluster, measured",
        "",
        f"- date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
        f"- machine: {machine.description()}",
        f"- versions: {versions(waybill)}",
        f"- command: `{command}`, in {minutes:.0f} minutes",
        f"- cluster: {results.nodes:,} nodes, {50 * results.nodes:,} placements",
        "",
        f"Medians; lowest and highest in brackets. What is compared had {plan.rounds} rounds or more, in turn.",
    ]
    if plan.rounds < 7:
        lines += ["", "**Fewer than seven rounds: a look, not figures to quote.**"]
    found = [[name, *target.cells] for name, target in targets(results).items()]
    lines += ["", "## Targets", "", "What is in bold was missed.", ""]
    lines.append(table(["#", "what", "target", "measured", "met"], found, str.ljust))
    for name, title in drawn:
        lines += ["", f"![{title}]({folder}/{name}.svg)"]
    lines += ["", "## How it was measured", ""] + [f"- {line}" for line in HOW]
    headings = [HEADINGS[0], "nodes or images", *HEADINGS[2:]]
    explanation = (
        "*nodes or images*: of `filter with nodes`, how many nodes hold the image; of what asks for no nodes, how many "
        "images there are."
    )
    lines += section("Requests", explanation, headings, [cells(row) for row in results.rows])
    for title, size_name, names in VALUES:
        lines += values_section(results, title, size_name, names)
    if results.counts:
        rows = [[kind, *(f"{count:,}" for count in counts)] for kind, counts in results.counts.items()]
        explanation = (
            "*played*: as after `kill -9`; *killed* and *stopped*: real processes, of which those that are stopped "
            "take their records away, which is a revision each, too."
        )
        headings = ["publishers", "how many", "records written", "images written", "revisions"]
        lines += section("Restarts", explanation, headings, rows)
    return "\n".join(lines) + "\n"


def values_section(results, title, size_name, names):
    sizes = sorted({size for name, size in results.values if name in names})
    rows = [[name, *(spread(results.values.get((name, size))) for size in sizes)] for name in names]
    rows = [row for row in rows if any(row[1:])]
    return section(title, "", [size_name, *(f"{size:,}" for size in sizes)], rows) if rows else []
