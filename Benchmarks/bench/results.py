"""What was measured."""

import dataclasses
import statistics
import sys

from .server import Sample


@dataclasses.dataclass
class Row:
    """The rounds of one server at one size, and beside it those of the server that it is compared with."""

    kind: str
    images: int
    bytes: int
    server: str
    samples: list[Sample]
    limit: list[Sample] | None = None

    def median(self, of):
        return statistics.median(getattr(sample, of) for sample in self.samples)

    def against_limit(self, of):
        return self.median(of) / statistics.median(getattr(sample, of) for sample in self.limit)


class Results:
    """Rows of requests, values of other kinds by name and number of images, and who is missing."""

    def __init__(self):
        self.rows = []
        self.values = {}
        self.missing = {}

    def add(self, kind, images, size, samples, limit=None):
        """Takes the samples of several servers, all but `limit` compared with the one of that name."""
        for server, of in samples.items():
            self.add_row(Row(kind, images, size, server, of, samples[limit] if limit and server != limit else None))

    def add_row(self, row):
        self.rows.append(row)
        told = f"{row.kind}, {row.images:,} images, {row.server}: {row.median('per_second'):,.0f} requests a second"
        print(told, file=sys.stderr, flush=True)

    def row(self, kind, images, server="waybill"):
        """The row, or None."""
        found = [row for row in self.rows if (row.kind, row.images, row.server) == (kind, images, server)]
        return found[0] if found else None

    def ratio(self, kind, images, other, of="per_second"):
        """waybill's median by the other's, or None."""
        own, others = self.row(kind, images), self.row(kind, images, other)
        return own.median(of) / others.median(of) if own and others else None

    def note(self, name, images, value):
        """Adds one round's value of something that is no request."""
        self.values.setdefault((name, images), []).append(value)

    def value(self, name, images):
        """The median of the rounds, or None."""
        found = self.values.get((name, images))
        return statistics.median(found) if found else None


def interleaved(rounds, entries):
    """The samples by name of what is measured in turn, to and fro, so that a slow minute hits all of them."""
    samples = {name: [] for name in entries}
    for number in range(rounds):
        for name in entries if number % 2 == 0 else reversed(entries):
            samples[name].append(entries[name]())
    return samples
