"""What is asked of a row of requests, beside the server that it is compared with, and whether that is told."""

import dataclasses

from .results import ratio

# Requests a second are at least so many times the other's, and all else at most.
BOUNDS = {
    "list": {"per_second": 0.95, "cpu_us": 1.05},
    "list, 64 in flight": {"per_second": 0.95, "cpu_us": 1.1},
    "filter": {"per_second": 0.95},
    "not_modified": {"per_second": 0.95},
    "filter beside changes": {"per_second": 0.9, "p99_us": 1 / 0.9},
    "list beside changes": {"per_second": 0.9, "p99_us": 1 / 0.9},
    "list, watched or not": {"per_second": 0.97},
    "list in a crowd": {"per_second": 0.9, "p99_us": 1 / 0.9},
    "list through two workers": {"per_second": 0.95},
    "list over CRI": {"per_second": 0.9, "cpu_us": 1.1},
    "filter beside CRI": {"p99_us": 2},
}


def is_least(of):
    return of == "per_second"


def is_met(measured, bound, is_least):
    """None where the rounds cannot tell: the bound lies within what holds the median."""
    kept = [value >= bound if is_least else value <= bound for value in (measured.low, measured.high)]
    return kept[0] if kept[0] == kept[1] else None


@dataclasses.dataclass
class Goal:
    """What all the servers of some rounds are meant to reach beside the one that is their limit."""

    kind: str
    limit: str

    def is_told(self, samples):
        """Whether the rounds tell, of each server that has had as many, whether it reaches its bounds."""
        limit = samples[self.limit]
        others = [of for server, of in samples.items() if server != self.limit and len(of) == len(limit)]
        return None not in [
            is_met(ratio(other, limit, of), bound, is_least(of))
            for of, bound in BOUNDS[self.kind].items()
            for other in others
        ]
