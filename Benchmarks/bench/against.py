"""waybill beside itself as it was at another commit: what has changed beyond the noise of the rounds."""

import contextlib
import os
import subprocess

from .between import Broker
from .cri import Face
from .lists import in_turn, listing
from .machine import OWN, ROOT, Build, make_layout
from .question import WHOLE_LIST
from .registries import filter_question, on_one_core, unchanged_question, while_changing
from .report import look, rounds, section, within
from .results import Estimate, interleaved
from .servers import Registry, Waybill
from .starts import start

PRODUCTS = ("waybill", "RegistryBench")
FOLDER = ROOT / ".build" / "against"

# Of fifty figures, one in twenty runs seems to have changed though none has.
CONFIDENCE = 0.999

METRICS = {"per_second": "rate", "cpu_us": "CPU a request", "p99_us": "p99"}


def build(revision):
    """That commit's own programs, which are built once."""
    commit = git("rev-parse", "--short=10", f"{revision}^{{commit}}").decode().strip()
    source = FOLDER / commit
    old = Build(f"waybill at {commit}", source / ".build" / "release")
    if not source.exists():
        source.mkdir(parents=True)
        subprocess.run(["tar", "--extract", "--directory", source], input=git("archive", commit), check=True)
    for product in PRODUCTS:
        command = ["swift", "build", "--configuration", "release", "--product", product]
        subprocess.run(command, cwd=source, env=os.environ | {"BENCHMARKS": "1"}, check=True)
    return old


def git(*words):
    return subprocess.run(["git", "-C", ROOT, *words], check=True, capture_output=True).stdout


def measure(old, plan, results):
    builds = [OWN, old]
    for images in plan.lists:
        measure_lists(images, builds, plan, results)
    measure_registries(builds, plan, results)
    measure_broker(builds, plan, results)
    measure_face(builds, plan, results)
    layout = make_layout(plan.large)
    start(layout)  # brings the files into the cache
    for number in range(plan.few):
        for build in builds if number % 2 else reversed(builds):
            name = build.name
            start(layout, lambda what, value, name=name: results.note(f"{what}, {name}", plan.large, value), build)


def measure_lists(images, builds, plan, results):
    layout = make_layout(images)
    for transport, kind in (("tcp", "list"), ("ipc", "list over ipc")):
        with contextlib.ExitStack() as stack:
            asked = {}
            for build in builds:
                waybill = stack.enter_context(Waybill(layout, transport, build))
                asked[waybill] = listing(waybill, layout)
            compare(kind, images, asked, plan, results, plan.list_load(images))
            if images == 1 and transport == "tcp":
                compare("list, 64 in flight", images, asked, plan, results, plan.short_load(clients=1, pipeline=64))


def compare(kind, images, asked, plan, results, load):
    """Adds a row for each of two servers, the second of which is the older."""
    own, old = asked
    results.add(kind, images, asked[own].size, in_turn(plan, asked, load), limit=old.name)


def measure_registries(builds, plan, results):
    with contextlib.ExitStack() as stack:
        registries = [stack.enter_context(Registry(plan.large, build)) for build in builds]
        for kind, ask in (("filter", filter_question), ("not_modified", unchanged_question)):
            asked = {registry: ask(registry) for registry in registries}
            compare(kind, plan.large, asked, plan, results, plan.short_load())
        for number in on_one_core(registries, plan.rounds_of(plan.short_load())):
            for registry in registries if number % 2 else reversed(registries):
                for name, words in (("a change", ("change", 1_000)), ("the first list after a change", ("first-list", 20))):
                    results.note(f"µs of {name}, {registry.name}", plan.large, registry.tell(*words)["p50_us"])
        for kind, ask, load in (
            ("filter", filter_question, plan.short_load()),
            ("list", lambda registry: registry.question(WHOLE_LIST), plan.load(seconds=2 * plan.seconds)),
        ):
            questions = {registry: ask(registry).while_changing() for registry in registries}
            entries = {
                registry.name: lambda registry=registry: while_changing(registry, questions[registry], load, results)
                for registry in registries
            }
            samples = interleaved(plan.rounds_of(load), entries)
            results.add(f"{kind} beside changes", plan.large, questions[registries[0]].size, samples, registries[1].name)


def measure_broker(builds, plan, results):
    layout = make_layout(1)
    with contextlib.ExitStack() as stack:
        brokers = [stack.enter_context(Broker(layout, build)) for build in builds]
        questions = [broker.question(WHOLE_LIST) for broker in brokers]
        for broker, build in zip(brokers, builds):
            broker.name = build.name
        compare("list through two workers", 1, dict(zip(brokers, questions)), plan, results, plan.short_load())


def measure_face(builds, plan, results):
    for images in (1, 1_000):
        layout = make_layout(images)
        with contextlib.ExitStack() as stack:
            faces = [stack.enter_context(Face(layout, build)) for build in builds]
            size = len(faces[0].call())
            entries = {face.name: lambda face=face: face.measure(None, plan.load()) for face in faces}
            results.add("list over CRI", images, size, interleaved(plan.rounds, entries), limit=faces[1].name)


def report(old, plan, results, command, minutes):
    lines = [
        f"# {OWN.name} beside {old.name}",
        "",
        f"`{command}`, in {minutes:.0f} minutes: the medians of the quotients, new by old, of "
        f"{rounds(plan)}. In brackets is what holds the median with a confidence of {CONFIDENCE:.1%}; where 1 is not "
        "in it, the figure has changed, and is in bold.",
        *look(plan),
    ]
    rows = []
    for row in results.rows:
        if row.limit:
            quotients = [row.against_limit(of, CONFIDENCE) for of in METRICS]
            rows.append([row.kind, f"{row.images:,}", f"{row.median('per_second'):,.0f}", *map(marked, quotients)])
    lines += section("Requests", "Eight clients.", ["request", "images", "requests a second", *METRICS.values()], rows)
    rows = []
    for (name, images), values in results.values.items():
        if others := results.values.get((name.replace(f", {OWN.name}", f", {old.name}"), images)):
            if others is not values:
                rows.append([name.removesuffix(f", {OWN.name}"), f"{images:,}", within(Estimate.of(values, CONFIDENCE)),
                             marked(Estimate.ratio(values, others, CONFIDENCE))])
    lines += section("Other figures", "Less is better.", ["figure", "images", "now", "by old"], rows)
    return "\n".join(lines) + "\n"


def marked(quotient):
    return within(quotient) if quotient.low <= 1 <= quotient.high else f"**{within(quotient)}**"
