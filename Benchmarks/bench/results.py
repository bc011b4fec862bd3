"""What was measured."""

import dataclasses
import math
import statistics
import sys

from .server import Sample

CONFIDENCE = 0.99
SELDOM = 12  # rounds, of what is so far from what it is compared with
MORE = 3  # times the rounds, at most, of what they do not tell


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A median, and where that of endlessly many rounds lies.

    The confidence is the one that is asked for, or that of n rounds, 1 - 2^(1 - n), if that is less.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values, confidence=CONFIDENCE):
        """By the order of the values alone, whatever their distribution is: with p = 1/2 each is below the median."""
        ordered = sorted(values)
        count = len(ordered)
        below = rank = 0
        while rank < count // 2 and (below := below + math.comb(count, rank) / 2**count) <= (1 - confidence) / 2:
            rank += 1
        rank = max(rank - 1, 0)
        return cls(statistics.median(ordered), ordered[rank], ordered[-1 - rank])

    @classmethod
    def ratio(cls, values, others, confidence=CONFIDENCE):
        """Of values and others, round by round: a slow second hits both."""
        return cls.of([value / other for value, other in zip(values, others, strict=True)], confidence)

    def __truediv__(self, other):
        if isinstance(other, Estimate):
            return Estimate(self.value / other.value, self.low / other.high, self.high / other.low)
        return Estimate(self.value / other, self.low / other, self.high / other)

    def __add__(self, other):
        return Estimate(self.value + other.value, self.low + other.low, self.high + other.high)


def ratio(samples, others, of, confidence=CONFIDENCE):
    """Of the rounds that both were in."""
    own, others = ({sample.round: getattr(sample, of) for sample in one} for one in (samples, others))
    common = own.keys() & others.keys()
    return Estimate.ratio([own[number] for number in common], [others[number] for number in common], confidence)


@dataclasses.dataclass
class Row:
    """The rounds of one server at one size, and beside it those of the server that it is compared with."""

    kind: str
    images: int
    bytes: int
    server: str
    samples: list[Sample]
    limit: list[Sample] | None = None

    def values(self, of):
        return [getattr(sample, of) for sample in self.samples]

    def median(self, of):
        return statistics.median(self.values(of))

    def estimate(self, of):
        return Estimate.of(self.values(of))

    def against(self, samples, of, confidence=CONFIDENCE):
        return ratio(self.samples, samples, of, confidence)

    def against_limit(self, of, confidence=CONFIDENCE):
        return self.against(self.limit, of, confidence)


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
        """waybill's rounds by the other's, or None."""
        own, others = self.row(kind, images), self.row(kind, images, other)
        return own.against(others.samples, of) if own and others else None

    def note(self, name, images, value):
        """Adds one round's value of something that is no request."""
        self.values.setdefault((name, images), []).append(value)

    def value(self, name, images):
        """Of the rounds, or None."""
        found = self.values.get((name, images))
        return Estimate.of(found) if found else None


def interleaved(rounds, entries, seldom=(), goal=None):
    """The samples by name of what is measured in turn, to and fro, so that a slow minute hits all of them.

    Those named in `seldom` have their turn in some of the rounds only. While the rounds do not tell whether a goal is
    reached, there are more of them.
    """
    every = math.ceil(rounds / SELDOM)
    samples = {name: [] for name in entries}
    for number in range(rounds * (MORE if goal else 1)):
        if number >= rounds and number % math.ceil(rounds / 4) == 0 and goal.is_told(samples):
            break
        for name in entries if number % 2 == 0 else reversed(entries):
            if name not in seldom or number < rounds and number % every == 0:
                samples[name].append(dataclasses.replace(entries[name](), round=number))
    return samples
