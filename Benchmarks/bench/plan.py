"""How much is measured."""

import dataclasses

from .server import Load


@dataclasses.dataclass
class Plan:
    rounds: int
    few: int  # rounds of what takes seconds or hardly varies
    seconds: float
    lists: list[int]  # images of the whole lists
    containerd: list[int]  # those of them that containerd lists: importing 1,000 takes it half a minute
    large: int  # images, for what happens beside changes and big lists
    huge: int  # images, for what must not grow
    crowd: int  # connections

    @classmethod
    def full(cls, rounds, seconds=0.5):
        return cls(rounds, min(rounds, 7), seconds, [1, 100, 1_000, 10_000], [1, 100, 1_000], 100_000, 1_000_000, 10_000)

    @classmethod
    def look(cls):
        """Whether all of it works, in two minutes."""
        return cls(1, 1, 0.3, [1, 100, 1_000], [1, 100], 10_000, 100_000, 1_000)

    def load(self, **given):
        return Load(**{"seconds": self.seconds} | given)

    def short_load(self, **given):
        """For small replies, thousands of which come in a tenth of a second.

        Two rounds differ by where the threads happen to run, however long they are: many short ones say more.
        """
        return self.load(**{"seconds": 0.1, "warmup": 0.05} | given)

    def list_load(self, images):
        return self.short_load() if images <= 1_000 else self.load()

    def rounds_of(self, load):
        """As many as take the time of all the rounds of `load()`, and no fewer than those."""
        usual = self.load()
        return max(self.rounds, round(self.rounds * (usual.warmup + usual.seconds) / (load.warmup + load.seconds)))
