"""What waybill is meant to reach, and whether it did."""

import dataclasses

from .bounds import BOUNDS, is_least, is_met
from .results import Estimate


@dataclasses.dataclass
class Check:
    """One figure and its bound; `measured` is None for what was not measured."""

    label: str
    measured: Estimate | None
    bound: float
    is_least: bool = True  # the bound is the least, not the most

    @property
    def is_met(self):
        return is_met(self.measured, self.bound, self.is_least)

    def __str__(self):
        if self.measured is None:
            return f"{self.label}: not measured"
        value = self.measured.value
        text = f"{self.label}: {value:,.{0 if value >= 100 else 1 if value >= 10 else 2}f}"
        return {True: text, False: f"**{text}**", None: f"*{text}*"}[self.is_met]


@dataclasses.dataclass
class Target:
    what: str
    target: str
    checks: list[Check]

    @property
    def verdict(self):
        measured = [check.is_met for check in self.checks if check.measured is not None]
        if not measured:
            return "not measured"
        if False in measured:
            return "**no**"
        if None in measured:
            return "*open*"
        return "yes" if len(measured) == len(self.checks) else "as far as measured"

    @property
    def cells(self):
        return [self.what, self.target, " · ".join(map(str, self.checks)), self.verdict]


def quotient(one, other):
    return None if one is None or other is None else one / other


def targets(plan, results):
    """All of them, in the order in which they matter to a reader."""
    large, huge, lists = plan.large, plan.huge, plan.lists
    big = [images for images in lists if images >= 1_000]
    crowded = results.row("filter, one client", large, "waybill, listing")

    def beside_limit(label, kind, images, of="per_second", server="waybill"):
        row = results.row(kind, images, server)
        return Check(label, row.against_limit(of) if row else None, BOUNDS[kind][of], is_least(of))

    def rates(kind, sizes):
        return [beside_limit(f"{images:,}", kind, images) for images in sizes]

    def cpu(kind, sizes):
        return [beside_limit(f"CPU, {images:,}", kind, images, "cpu_us") for images in sizes]

    def ratios(other, sizes, bound):
        return [Check(f"{images:,}", results.ratio("list", images, other), bound) for images in sizes]

    def growth(name, less, more):
        values, others = (results.values.get((name, images)) for images in (more, less))
        return values and others and Estimate.ratio(values, others)

    def memory(name, packed, images):
        return quotient(results.value(name, images), results.value(packed, images))

    def growth_of_filter(images):
        one, other = results.row("filter", huge), results.row("filter", images)
        return one and other and one.against(other.samples, "per_second")

    def bandwidth_growth(server):
        less, more = (results.row("list", images, server) for images in lists[-2:])
        return less and more and more.estimate("per_second") / less.estimate("per_second") / (less.bytes / more.bytes)

    return [
        Target(
            "whole list against C",
            "requests a second ≥ 0.95 at each size, server CPU a request ≤ 1.05",
            rates("list", lists) + cpu("list", lists),
        ),
        Target(
            "filtered request against C with one image",
            f"≥ 0.95 at each size; {huge:,} images ≥ 0.90 of 1,000",
            rates("filter", (1_000, huge)) + [Check("of 1,000", growth_of_filter(1_000), 0.9)],
        ),
        Target(
            "against containerd's CRI call, 1,000 images",
            "≥ 60 × requests a second, p50 ≤ 1/50",
            [
                Check("requests a second", results.ratio("list", 1_000, "containerd"), 60),
                Check("p50", results.ratio("list", 1_000, "containerd", "p50_us"), 1 / 50, False),
            ],
        ),
        Target("against Redis GET of the same bytes", "≥ 1.0 from 1,000 images on", ratios("Redis", big, 1)),
        Target("against Python, encoding each request", "≥ 8 × from 1,000 images on", ratios("Python", big, 8)),
        Target("against Go gRPC, encoding each request", "≥ 4 × from 1,000 images on", ratios("Go gRPC", big, 4)),
        Target(
            "`not_modified` against C with one image",
            "≥ 0.95 at each size",
            rates("not_modified", (1, 10_000, large)),
        ),
        Target(
            "one client with 64 requests in flight, against C",
            "≥ 0.95, server CPU a request ≤ 1.1",
            [beside_limit("requests a second", "list, 64 in flight", 1)] + cpu("list, 64 in flight", [1]),
        ),
        Target(
            f"{plan.crowd:,} connections, a hundred of which ask, against C",
            "≥ 0.9, p99 ≤ 1/0.9, memory of a connection ≤ 1.1 ×",
            [
                beside_limit("requests a second", "list in a crowd", plan.crowd),
                beside_limit("p99", "list in a crowd", plan.crowd, "p99_us"),
                Check(
                    "memory",
                    quotient(
                        results.value("bytes of a connection, waybill", plan.crowd),
                        results.value("bytes of a connection, C", plan.crowd),
                    ),
                    1.1,
                    False,
                ),
            ],
        ),
        Target(
            f"one change at {large:,} images",
            "≤ 10 µs p50",
            [Check("µs", results.value("µs of a change", large), 10, False)],
        ),
        Target(
            f"readers beside 1,000 changes a second at {large:,} images, against none",
            "≥ 0.90 of requests a second, p99 ≤ 1/0.90",
            [
                beside_limit(kind + label, f"{kind} beside changes", large, of, "waybill, changing")
                for kind in ("filter", "list")
                for label, of in (("", "per_second"), (" p99", "p99_us"))
            ],
        ),
        Target(
            "anonymous memory against the packed bytes, the whole list built",
            "≤ 2.25 ×",
            [
                Check(f"{images:,}", memory("anonymous bytes, listed", "packed bytes", images), 2.25, False)
                for images in (large, huge)
            ]
            + [
                Check(
                    f"worker with a store of {large:,}",
                    memory("anonymous bytes of a worker, oci", "packed bytes of a worker, oci", large),
                    2.25,
                    False,
                )
            ],
        ),
        Target(
            f"start to the first whole list of an OCI layout of {large:,} images",
            "≤ 2.5 s warm, ≤ 12 s cold",
            [
                Check("warm", results.value("seconds to the first list, oci", large), 2.5, False),
                Check("cold", results.value("seconds to the first list, cold, oci", large), 12, False),
            ],
        ),
        Target(
            f"the same of a containers/storage store of {large // 10:,}",
            "≤ 2.5 s warm, ≤ 12 s cold",
            [
                Check("warm", results.value("seconds to the first list, containers-storage", large // 10), 2.5, False),
                Check("cold", results.value("seconds to the first list, cold, containers-storage", large // 10), 12, False),
            ],
        ),
        Target(
            "broker against `zmq_proxy` with the same workers",
            "≥ 0.95",
            [beside_limit("requests a second", "list through two workers", 1, server="waybill broker")],
        ),
        Target(
            "metrics and logs on against off, one image",
            "≥ 0.97",
            [beside_limit("requests a second", "list, watched or not", 1, server="watched")],
        ),
        Target(
            f"filtered request while another client lists {large:,} images",
            "p99 ≤ 3 ms",
            [Check("ms", crowded and crowded.estimate("p99_us") / 1_000, 3, False)],
        ),
        Target(
            f"100 clients that ask for {large:,} images and do not read",
            "memory grows by ≤ 20 MB",
            [Check("MB", quotient(results.value("bytes grown by clients that do not read", large), 1e6), 20, False)],
        ),
        Target(
            f"the first list after a change at {large:,} images",
            "≤ 1 ms p50",
            [Check("ms", quotient(results.value("µs of the first list after a change", large), 1_000), 1, False)],
        ),
        Target(
            "list over CRI against containerd's, 1,000 images",
            "≥ 15 × requests a second",
            [Check("requests a second", results.ratio("list over CRI", 1_000, "containerd"), 15)],
        ),
        Target(
            "list over CRI against grpc-swift with the same bytes",
            "≥ 0.9 at each size, server CPU a request ≤ 1.1 ×",
            rates("list over CRI", lists) + cpu("list over CRI", lists),
        ),
        Target(
            "filter over ZeroMQ beside two clients that list over CRI",
            "p99 ≤ 2 × what it is alone",
            [beside_limit("p99", "filter beside CRI", 1_000, "p99_us", "waybill, asked over CRI")],
        ),
        Target(
            "asking containerd, 1,000 images, nothing changing",
            "≤ 5 % of a core, both together; a change listed within 2 s",
            [
                Check("%", total(results, ["% of a core, waybill", "% of a core, containerd"], 1_000), 5, False),
                Check("s", results.value("seconds until a change is listed", 1_000), 2, False),
            ],
        ),
        Target(
            "ten times the images",
            "a change ≤ 1.25 ×; bytes listed a second ≥ 0.8 ×",
            [
                Check(f"change, {huge:,}", growth("µs of a change", large, huge), 1.25, False),
                Check(f"list, {lists[-1]:,}", bandwidth_growth("waybill"), 0.8),
                Check("the same by C's", quotient(bandwidth_growth("waybill"), bandwidth_growth("C")), 0.8),
            ],
        ),
    ]


def total(results, names, images):
    values = [results.value(name, images) for name in names]
    return None if None in values else values[0] + values[1]
