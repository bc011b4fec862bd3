#!/usr/bin/env python3
"""Shows that a pool with keys stays right, and stays small: soak PROGRAM [--minutes N] [--seed N].

PROGRAM is waybill. A broker and three workers with CURVE serve three stores that change all the time: an OCI layout, an
archive as `docker save` writes it, and a store of containers/storage that Buildah, Skopeo and Podman change. Clients
ask for whole lists, by filter, by etag, in pages, and wrongly. Meanwhile workers are killed and stopped, strangers come
without the right keys, a client never reads its answers, and clients of HTTP are slow. All of it runs as root in
namespaces of its own, and ends with this program. These are the rules:

- Each request has exactly one answer. The answer is right for a state that the stores had between --bound seconds
  before the request and the answer; a worker that was stopped may be behind by as long as it was. There is no
  UNAVAILABLE, no RESOURCE_EXHAUSTED and no DEADLINE_EXCEEDED, as one worker can answer at any time. The broker is not
  killed, so no client asks twice. Only while a tool writes the store of containers/storage, and until it is read
  again, may an answer say that the store is stale or lacks an image.
- The same etag is always of the same images, and the same images have the same etag, on every worker.
- Memory and descriptors of a process stay flat: the medians of the last fifth of its life are compared with those of
  the fifth after its first minute. The broker and one worker, steady, live as long as the run does. That worker is only
  stopped now and then; the two others are killed as well.
- Each line of a log is an object of JSON with time, level and message. What lasts has a line when it begins and one
  when it ends, and no line is said more often than once a second.

A broken rule is printed with the events around it, and the exit code is 1.
"""

import argparse
import pathlib
import random
import shutil
import subprocess
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent.parent
# What tests of this kind share, and how charts look.
sys.path[:0] = [str(TESTS / "Chaos"), str(TESTS.parent / "Benchmarks")]

import chart
import lines
import summary
from chaos import isolation
from chaos.log import Log, StallMeter
from checker import Checker
from clients import Client, Record
from faults import Faults
from pool import Pool
from samples import Sampler
from stores import Stores
from strangers import DeafClient, SlowReader, Stranger


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path, help="waybill")
    parser.add_argument("--minutes", type=float, default=30, help="how long (30)")
    parser.add_argument("--seed", type=int, help="of all that is left to chance (a new one, which is printed)")
    parser.add_argument("--rate", type=float, default=250, help="requests a second (250)")
    parser.add_argument("--clients", type=int, default=10, help="clients that ask (10)")
    parser.add_argument(
        "--bound", type=float, default=10,
        help="seconds that an answer may be behind the stores, beside those for which a worker was stopped (10, as "
        "machines are slow; what it was is printed)")
    parser.add_argument("--chart", type=pathlib.Path, help="where to write the chart, as SVG")
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and stores")
    options = parser.parse_args()
    if not options.program.exists():
        parser.error(f"{options.program} is not there; `make build` builds it")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    return options


def run(options, folder):
    """Runs all of it. Returns 1 where a rule was broken."""
    print(f"soak: {options.minutes:g} minutes, seed {options.seed}, {folder}", flush=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # Others may build a new program meanwhile.
    options.program = pathlib.Path(shutil.copy(options.program, folder / "waybill"))
    log = Log(folder / "events.log", keeps_going=True)
    stalls = StallMeter()
    stores = Stores(folder, random.Random(f"{options.seed} stores"), log)
    pool = Pool(options, folder, stores.sources, log)
    pool.start()
    record = Record()
    checker = Checker(stores, options.bound, record, log)
    sampler = Sampler(pool, record, log)
    faults = Faults(pool, random.Random(f"{options.seed} faults"), record, log)
    asking = [
        Client(number, pool, stores, checker, record, options.rate / options.clients, options.seed, log)
        for number in range(options.clients)]
    strangers = [Stranger(pool, log), DeafClient(pool, log), SlowReader(pool, log)]
    record.begun = time.monotonic()
    end = record.begun + 60 * options.minutes
    for thread in [stores, checker, sampler, *asking, *strangers]:
        thread.start()
    log.note("all is started")
    while time.monotonic() < end:
        faults.step()
        pool.check_processes()
        time.sleep(0.1)
    faults.end_all()
    for client in asking:
        client.stop()
    for thread in asking:
        thread.join(60)
    stores.stop()
    checker.finish()
    log.is_over.set()
    for thread in [sampler, *strangers]:
        thread.join(20)
    pool.stop()
    lines.check(pool, log)
    summary.check_flatness(sampler, log)
    summary.check_refusals(sampler, log)
    text = summary.tell(options, log, record, checker, sampler, stalls)
    print("\n".join(text), flush=True)
    summary.save(record, sampler, folder / "figures.json")
    if options.chart:
        chart.draw(options, record, sampler, log.counts, options.chart)
    time.sleep(log.AFTER + 1 if log.violations else 0)
    return 1 if log.violations else 0


def main():
    options = parse_arguments()
    options.program = options.program.resolve()
    sys.exit(isolation.run_isolated(lambda folder: run(options, folder), options.keep))


if __name__ == "__main__":
    main()
