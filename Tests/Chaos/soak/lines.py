"""What the logs are held against."""

import collections
import time

# What begins with the one ends with one of the others, by the keys that tell one from another.
PAIRS = {
    "joining again": ({"joined"}, ("endpoint",)),
    "refused a client": ({"a refused client stays away"}, ("key", "reason")),
    "a client's connection failed": ({"clients' connections do not fail any more"}, ()),
    "worker lost": ({"worker joined"}, ("worker",)),
    "worker left": ({"worker joined"}, ("worker",)),
    "cannot read the source": ({"read", "the source can be read again, and has not changed"}, ("source",)),
}
KEYS = {"time", "level", "message"}


def check(pool, log):
    messages = collections.Counter()
    for process in pool.processes:
        for path, begun, ended in process.lives:
            check_life(pool, log, messages, path, (ended or time.monotonic()) - begun)
    for message, number in messages.items():
        log.count(f"lines of logs: {message}", number)


def is_whole(value):
    return isinstance(value, dict) and KEYS <= value.keys() and all(isinstance(of, str) for of in value.values())


def check_life(pool, log, messages, path, seconds):
    repeated = collections.Counter()
    begun = {}
    for line, value in pool.log_objects(path):
        if not is_whole(value):
            log.violate(f"{path.name}: no line of a log: {line[:300]!r}")
            continue
        message = value["message"]
        messages[message] += 1
        repeated[tuple(sorted((key, of) for key, of in value.items() if key != "time"))] += 1
        for begin, (ends, keys) in PAIRS.items():
            which = (begin, *(value.get(key) for key in keys))
            if message == begin:
                if begun.get(which):
                    log.violate(f"{path.name}: said again before it ended: {line[:300]}")
                begun[which] = True
            elif message in ends:
                begun[which] = False
    for keys, number in repeated.items():
        if number > max(5, seconds):
            log.violate(f"{path.name}: {number} times in {seconds:.0f} s: {dict(keys)}")
