"""What the size of the registry costs, and its changes: generated images, in memory, behind the worker's own socket."""

import contextlib
import os
import re
import subprocess
import time

from .bounds import Goal
from .lists import in_turn
from .machine import SCRATCH, anonymous_bytes, move, resident_bytes
from .question import WHOLE_LIST, Failure, Question, decode, filter_request, unchanged_request
from .results import Row, interleaved
from .servers import Fixed, Registry

CHANGES_A_SECOND = 1_000
IDLE_CLIENTS = 100


def measure(plan, results):
    sizes = sorted({1, 100, 1_000, 10_000, plan.large, plan.huge})
    with contextlib.ExitStack() as stack:
        registries = {}
        for images in sizes:
            registries[images] = stack.enter_context(Registry(images))
            measure_memory(registries[images], results)
        measure_small_replies(registries, plan, results)
        large = registries[plan.large]
        measure_crowd(large, plan, results)
        measure_changes(registries, plan, results)
        measure_readers(large, plan, results)


def measure_memory(registry, results):
    """Before the first list and after it, as the first one is what builds the whole list."""
    results.note("resident bytes, filled", registry.images, resident_bytes(registry.process.pid))
    results.note("packed bytes", registry.images, len(registry.fetch(WHOLE_LIST)))
    results.note("resident bytes, listed", registry.images, resident_bytes(registry.process.pid))
    results.note("anonymous bytes, listed", registry.images, anonymous_bytes(registry.process.pid))


def measure_small_replies(registries, plan, results):
    """Replies of one image or none, which must not cost more when the registry grows."""
    one = Question.write(WHOLE_LIST, registries[1].fetch(WHOLE_LIST))
    with Fixed(one.reply) as limit:
        for kind, sizes, ask in (
            ("filter", {100, 1_000, plan.huge}, filter_question),
            ("not_modified", {1, 10_000, plan.large}, unchanged_question),
        ):
            asked = {registries[images]: ask(registries[images]) for images in sorted(sizes)} | {limit: one}
            names = [*sorted(sizes), limit.name]
            samples = in_turn(plan, asked, plan.short_load(), names, goal=Goal(kind, limit.name))
            results.add(kind, 1, one.size, {limit.name: samples[limit.name]})
            for server, question in list(asked.items())[:-1]:
                of = samples[server.images]
                results.add_row(Row(kind, server.images, question.size, server.name, of, samples[limit.name]))


def filter_question(registry):
    """By a tag of one image, one of those that never change if there are any."""
    tags = re.compile(rb"registry\.eu-[0-9]\.[a-z0-9./-]+:(stable|change)-[0-9a-f]{8}")
    found = {match[1]: match[0].decode() for match in tags.finditer(registry.fetch(WHOLE_LIST))}
    tag = found.get(b"stable") or found[b"change"]
    question = registry.question(filter_request(tag))
    images = decode(question.reply.read_bytes())["images"]
    if len(images) != 1 or tag not in images[0]["repo_tags"]:
        raise Failure(f"the filter {tag} finds {len(images)} images")
    return question


def unchanged_question(registry):
    etag = decode(registry.fetch(filter_request("nothing")))["etag"]
    question = registry.question(unchanged_request(etag))
    if decode(question.reply.read_bytes()) != {"not_modified": True, "etag": etag}:
        raise Failure("the etag of a registry that did not change is not taken for it")
    return question


def measure_changes(registries, plan, results):
    """How long a change takes, and the first whole list after it."""
    for _ in on_one_core(registries.values(), plan.rounds_of(plan.short_load())):
        for images, registry in registries.items():
            results.note("µs of a change", images, registry.tell("change", 1_000)["p50_us"])
            if images <= plan.large:
                results.note("µs of the first list after a change", images, registry.tell("first-list", 20)["p50_us"])


def on_one_core(registries, rounds):
    """The numbers of the rounds, in each of which all run on one core: two rounds on the one, and two on the next.

    A core may take half as long again as the next one, while a neighbour of the virtual machine is busy. Who stays where it
    began is measured with its core.
    """
    cores = sorted(os.sched_getaffinity(0))
    for number in range(rounds):
        for registry in registries:
            move(registry.process.pid, [cores[number // 2 % len(cores)]])
        yield number
    for registry in registries:
        move(registry.process.pid, cores)


def measure_readers(registry, plan, results):
    """What readers notice of changes; every reply must be of one state."""
    for kind, question, load in (
        ("filter", filter_question(registry), plan.short_load()),
        ("list", registry.question(WHOLE_LIST), plan.load(seconds=2 * plan.seconds)),
    ):
        question = question.while_changing()
        goal = Goal(kind + " beside changes", "waybill")
        samples = interleaved(
            plan.rounds_of(load),
            {
                "waybill": lambda: registry.measure(question, load),
                "waybill, changing": lambda: while_changing(registry, question, load, results),
            },
            goal=goal,
        )
        results.add(goal.kind, registry.images, question.size, samples, limit=goal.limit)


def while_changing(registry, question, load, results):
    """A sample of readers while 1,000 images a second are changed."""
    count = int((load.warmup + load.seconds + 0.3) * CHANGES_A_SECOND)
    registry.begin("change", count, CHANGES_A_SECOND)
    sample = registry.measure(question, load)
    done = registry.finish()
    results.note("changes a second beside readers", registry.images, count / done["seconds"])
    results.note("µs of a change beside readers", registry.images, done["p50_us"])
    return sample


def measure_crowd(registry, plan, results):
    """Clients that ask for much, and clients that do not take it."""
    question, whole = filter_question(registry), registry.question(WHOLE_LIST)
    one, endless = plan.load(clients=1), plan.load(clients=1, seconds=3_600)
    lister = [SCRATCH / "load", "--endpoint", registry.endpoint, *whole.arguments, *endless.arguments]

    def beside_a_lister():
        with running(lister):
            return registry.measure(question, one)

    samples = interleaved(
        plan.rounds, {"waybill": lambda: registry.measure(question, one), "waybill, listing": beside_a_lister}
    )
    results.add("filter, one client", registry.images, question.size, samples, limit="waybill")

    idle = [SCRATCH / "load", "--endpoint", registry.endpoint, "--hex", WHOLE_LIST.hex(), "--hold"]
    for _ in range(plan.few):
        before = resident_bytes(registry.process.pid)
        with running(idle + ["--clients", IDLE_CLIENTS]) as clients:
            clients.stdout.readline()  # all have asked
            time.sleep(1)  # and have been answered, as far as they let themselves be
            growth = resident_bytes(registry.process.pid) - before
        results.note("bytes grown by clients that do not read", registry.images, growth)


@contextlib.contextmanager
def running(command):
    """A process that goes on until the end of the `with`."""
    words = [str(word) for word in command]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
            if process.poll() is not None:
                raise Failure(f"{words[0]} ended early: {process.stderr.read().decode(errors='replace').strip()}")
        finally:
            process.kill()
