"""Kills and stops workers at random, and leaves one that answers."""

import time


class Faults:
    KILL, PAUSE = (10, 20), (15, 30)

    def __init__(self, pool, chance, record, log):
        self.pool, self.chance, self.record, self.log = pool, chance, record, log
        # What is to be done when, by the worker that is broken.
        self.open = {}
        self.next_kill = time.monotonic() + 10
        self.next_pause = time.monotonic() + 15

    def step(self):
        now = time.monotonic()
        for worker, (end, mend) in list(self.open.items()):
            if now >= end:
                del self.open[worker]
                mend(worker)
        if now >= self.next_kill and self.kill():
            self.next_kill = now + self.chance.uniform(*self.KILL)
        if now >= self.next_pause and self.pause():
            self.next_pause = now + self.chance.uniform(*self.PAUSE)

    def end_all(self):
        for worker, (_, mend) in self.open.items():
            mend(worker)
        self.open = {}

    def free(self, candidates):
        """A worker that nothing is wrong with, where another one can answer without it."""
        candidates = [worker for worker in candidates if worker not in self.open and worker.is_running]
        others = len(self.pool.workers) - len(self.open) - 1
        # A worker that was started again is no help before it has joined.
        if not candidates or others < 1 or self.pool.joined() < len(self.pool.workers) - len(self.open):
            return None
        return self.chance.choice(candidates)

    def kill(self):
        """The steady worker is spared, so that there is one whose whole life counts."""
        if (worker := self.free(self.pool.workers[:-1])) is None:
            return False
        worker.kill()
        self.record.kills.append(time.monotonic())
        self._begin(worker, "kill -9", self.chance.choice([0, 1, 3, 6]), self._start)
        return True

    def pause(self):
        """For longer than a worker may be silent, too, so that the broker takes it for dead."""
        if (worker := self.free(self.pool.workers)) is None:
            return False
        worker.pause()
        seconds = self.chance.choice([0.5, 2, 4, 9])
        self.record.pauses.append((time.monotonic(), seconds))
        self._begin(worker, "SIGSTOP", seconds, self._resume)
        return True

    def _begin(self, worker, name, seconds, mend):
        self.open[worker] = (time.monotonic() + seconds, mend)
        self.log.note(f"{name} of {worker.name} for {seconds} s", f"{name} of a worker")

    def _start(self, worker):
        worker.start()
        self.log.note(f"{worker.name} starts")

    def _resume(self, worker):
        if worker.is_running:
            worker.resume()
        self.log.note(f"{worker.name} goes on")
