"""What happened when, and what was wrong."""

import collections
import threading
import time


class Violation(Exception):
    """A rule was broken."""


class Log:
    """Events with their times. A violation is printed with those around it."""

    BEFORE, AFTER = 60, 3.0

    def __init__(self, path, keeps_going):
        self.begun = time.monotonic()
        self.counts = collections.Counter()
        self.violations = []
        self.keeps_going = keeps_going
        self.is_over = threading.Event()
        self._recent = collections.deque(maxlen=self.BEFORE)
        self._lock = threading.Lock()
        self._file = open(path, "w", buffering=1)

    @property
    def now(self):
        return time.monotonic() - self.begun

    def note(self, text, count=None):
        """Notes an event, and counts it under a name."""
        with self._lock:
            line = f"{self.now:9.3f}  {text}"
            self._recent.append(line)
            self._file.write(line + "\n")
            if count:
                self.counts[count] += 1

    def count(self, name, number=1):
        with self._lock:
            self.counts[name] += number

    def violate(self, text):
        """Notes that a rule was broken. The run ends soon after, so that the log has what followed."""
        self.note(f"VIOLATION {text}")
        with self._lock:
            self.violations.append(text)
            number = len(self.violations)
        if number == 1 or (self.keeps_going and number <= 20):
            threading.Thread(target=self._show, args=(text,), daemon=True).start()

    def _show(self, text):
        time.sleep(self.AFTER)
        with self._lock:
            events = "\n".join(self._recent)
        print(f"\nVIOLATION: {text}\nwhat happened around it:\n{events}\n", flush=True)
        if not self.keeps_going:
            self.is_over.set()


class StallMeter:
    """How long this program itself was not run by the machine: what such a time measured counts little."""

    STEP = 0.02

    def __init__(self):
        self._stalls = collections.deque(maxlen=10_000)
        threading.Thread(target=self._measure, daemon=True).start()

    def _measure(self):
        while True:
            before = time.monotonic()
            time.sleep(self.STEP)
            late = time.monotonic() - before - self.STEP
            if late > 0.1:
                self._stalls.append((before, late))

    def longest_since(self, moment):
        return max((late for begun, late in list(self._stalls) if begun + late >= moment), default=0.0)


def distribution(values, unit="s"):
    """A line that says how some measured values are distributed."""
    if not values:
        return "none"
    ordered = sorted(values)

    def at(part):
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]

    return (
        f"{len(ordered)} times, median {at(0.5):.2f} {unit}, 90 % {at(0.9):.2f} {unit}, "
        f"longest {ordered[-1]:.2f} {unit}")
