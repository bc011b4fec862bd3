"""What the processes say of themselves every few seconds."""

import collections
import dataclasses
import threading
import time


@dataclasses.dataclass
class Sample:
    at: float
    memory: float
    descriptors: float
    threads: float


class Sampler(threading.Thread):
    INTERVAL = 5.0
    COUNTERS = ("answered_total", "refused_total", "redispatched_total", "dropped_total")

    def __init__(self, pool, record, log):
        super().__init__(daemon=True)
        self.pool, self.record, self.log = pool, record, log
        # By the process' name and life.
        self.lives = collections.defaultdict(list)
        # The broker's metrics as they were last, and some of them at each sample.
        self.broker = {}
        self.counters = []

    def run(self):
        while True:
            for process in self.pool.processes:
                self._sample(process)
            if self.log.is_over.wait(self.INTERVAL):
                return

    def _sample(self, process):
        life = process.life
        if not process.is_running or process.is_paused:
            return
        try:
            metrics = process.metrics(timeout=10)
        except OSError as error:
            # A worker may be killed, or not listen yet. Nobody harms the broker.
            if process is self.pool.broker:
                self.log.violate(f"the broker's metrics: {error}")
            return
        self.lives[process.name, life].append(Sample(
            time.monotonic(), metrics["process_resident_memory_bytes", ""], metrics["process_open_fds", ""],
            metrics["process_threads", ""]))
        if process is self.pool.broker:
            self.broker = metrics
            self._note_counters()

    def _note_counters(self):
        row = {of: self.sum(f"waybill_broker_{of}") for of in (*self.COUNTERS, "queued_requests")}
        if self.counters and any(row[of] < self.counters[-1][of] for of in self.COUNTERS):
            self.log.violate(f"a counter of the broker went back: {self.counters[-1]}, then {row}")
        self.counters.append(row)

    def sum(self, name, label=""):
        """Of the broker, over all labels that have this text."""
        return int(sum(value for (of, labels), value in self.broker.items() if of == name and label in labels))
