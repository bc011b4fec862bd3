"""What waybill is meant to reach, and whether it did."""

import dataclasses


@dataclasses.dataclass
class Check:
    """One figure and its bound; `measured` is None for what was not measured."""

    label: str
    measured: float | None
    bound: float
    is_least: bool = True  # the bound is the least, not the most

    @property
    def is_met(self):
        return self.measured >= self.bound if self.is_least else self.measured <= self.bound

    def __str__(self):
        if self.measured is None:
            return f"{self.label}: not measured"
        text = f"{self.label}: {self.measured:,.{0 if self.measured >= 100 else 1 if self.measured >= 10 else 2}f}"
        return text if self.is_met else f"**{text}**"


@dataclasses.dataclass
class Target:
    what: str
    target: str
    checks: list[Check]

    @property
    def verdict(self):
        measured = [check for check in self.checks if check.measured is not None]
        if not measured:
            return "not measured"
        if not all(check.is_met for check in measured):
            return "**no**"
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

    def limit_ratio(kind, images, of="per_second", server="waybill"):
        row = results.row(kind, images, server)
        return row.against_limit(of) if row else None

    def ratios(other, sizes, bound):
        return [Check(f"{images:,}", results.ratio("list", images, other), bound) for images in sizes]

    def growth(name, less, more):
        return quotient(results.value(name, more), results.value(name, less))

    def memory(bytes_of, packed, images):
        return quotient(results.value(bytes_of, images), results.value(packed, images))

    def memory_checks(kind):
        checks = [
            Check(f"{images:,}", memory(f"{kind} bytes, listed", "packed bytes", images), 3, False)
            for images in (large, huge)
        ]
        of_worker = memory(f"{kind} bytes of a worker", "packed bytes of a worker", large)
        return [*checks, Check(f"worker with a store of {large:,}", of_worker, 3, False)]

    def bandwidth_growth(server):
        less, more = (results.row("list", images, server) for images in lists[-2:])
        return less and more and more.median("per_second") * more.bytes / (less.median("per_second") * less.bytes)

    return [
        Target(
            "whole list, requests a second against C",
            "≥ 0.95 at each size",
            ratios("C", lists, 0.95),
        ),
        Target(
            "whole list, server CPU a request against C",
            "≤ 1.05 at each size",
            [Check(f"{images:,}", results.ratio("list", images, "C", "cpu_us"), 1.05, False) for images in lists],
        ),
        Target(
            "filtered request against C with one image",
            "≥ 0.90 at each size",
            [Check(f"{images:,}", limit_ratio("filter", images), 0.9) for images in (1_000, huge)],
        ),
        Target(
            "filtered request, flat",
            f"{huge:,} images ≥ 0.90 of 1,000, ≥ 0.80 of 100",
            [
                Check(f"of {images:,}", quotient(filtered(results, huge), filtered(results, images)), bound)
                for images, bound in ((1_000, 0.9), (100, 0.8))
            ],
        ),
        Target(
            "against containerd's CRI call, 1,000 images",
            "≥ 40 × requests a second, p50 ≥ 20 × shorter",
            [
                Check("requests a second", results.ratio("list", 1_000, "containerd"), 40),
                Check("p50", quotient(1, results.ratio("list", 1_000, "containerd", "p50_us")), 20),
            ],
        ),
        Target(
            "against Redis GET of the same bytes",
            "≥ 1.0 from 1,000 images on, ≥ 0.7 below",
            [check for images in lists for check in ratios("Redis", [images], 1.0 if images >= 1_000 else 0.7)],
        ),
        Target("against Python, encoding each request", "≥ 5 × from 1,000 images on", ratios("Python", big, 5)),
        Target("against Go gRPC, encoding each request", "≥ 9 × from 1,000 images on", ratios("Go gRPC", big, 9)),
        Target(
            "`not_modified` against C with one image",
            "≥ 0.90 at each size",
            [Check(f"{images:,}", limit_ratio("not_modified", images), 0.9) for images in (1, 10_000, large)],
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
                check
                for kind in ("filter", "list")
                for check in (
                    Check(kind, limit_ratio(f"{kind} beside changes", large, server="waybill, changing"), 0.9),
                    Check(
                        f"{kind} p99",
                        limit_ratio(f"{kind} beside changes", large, "p99_us", "waybill, changing"),
                        1 / 0.9,
                        False,
                    ),
                )
            ],
        ),
        Target("resident memory against the packed bytes, the whole list built", "≤ 3", memory_checks("resident")),
        Target("the same without the files of the program and its libraries", "≤ 3", memory_checks("anonymous")),
        Target(
            "start to the first whole list of an OCI layout, warm",
            f"≤ 1 s at {large // 10:,} images, ≤ 10 s at {large:,}",
            [
                Check(f"{images:,}", results.value("seconds to the first list", images), bound, False)
                for images, bound in ((large // 10, 1), (large, 10))
            ],
        ),
        Target(
            "broker against `zmq_proxy` with the same workers",
            "≥ 0.7",
            [Check("requests a second", limit_ratio("list through two workers", 1, server="waybill broker"), 0.7)],
        ),
        Target(
            "logs on against off, the counts of the status on always, one image",
            "≥ 0.97",
            [Check("requests a second", limit_ratio("list, logs on or off", 1, server="debug"), 0.97)],
        ),
        Target(
            f"filtered request while another client lists {large:,} images",
            "p99 ≤ 10 ms",
            [Check("ms", quotient(crowded and crowded.median("p99_us"), 1_000), 10, False)],
        ),
        Target(
            f"100 clients that ask for {large:,} images and do not read",
            "memory grows by ≤ 20 MB",
            [Check("MB", quotient(results.value("bytes grown by clients that do not read", large), 1e6), 20, False)],
        ),
        Target(
            f"the first list after a change at {large:,} images",
            "≤ 12 ms p50",
            [Check("ms", quotient(results.value("µs of the first list after a change", large), 1_000), 12, False)],
        ),
        Target(
            "list over CRI against containerd's, 1,000 images",
            "≥ 15 × requests a second",
            [Check("requests a second", results.ratio("list over CRI", 1_000, "containerd"), 15)],
        ),
        Target(
            "list over CRI against grpc-swift with the same bytes",
            "≥ 0.9 at each size, server CPU a request ≤ 1.1 ×",
            [Check(f"{images:,}", limit_ratio("list over CRI", images), 0.9) for images in lists]
            + [Check(f"CPU, {images:,}", limit_ratio("list over CRI", images, "cpu_us"), 1.1, False) for images in lists],
        ),
        Target(
            "filter over ZeroMQ beside two clients that list over CRI",
            "p99 ≤ 2 × what it is alone",
            [
                Check(
                    "p99",
                    limit_ratio("filter beside CRI", 1_000, "p99_us", "waybill, asked over CRI"),
                    2,
                    False,
                )
            ],
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
            "a change ≤ 1.2 ×; bytes listed a second ≥ 0.8 ×",
            [
                Check(f"change, {huge:,}", growth("µs of a change", large, huge), 1.2, False),
                Check(f"list, {lists[-1]:,}", bandwidth_growth("waybill"), 0.8),
                Check("the same by C's", quotient(bandwidth_growth("waybill"), bandwidth_growth("C")), 0.8),
            ],
        ),
    ]


def total(results, names, images):
    values = [results.value(name, images) for name in names]
    return None if None in values else sum(values)


def filtered(results, images):
    row = results.row("filter", images)
    return row and row.median("per_second")
