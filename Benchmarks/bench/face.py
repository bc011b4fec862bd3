"""CRI: what a worker answers by it, and what a runtime is asked by it."""

import contextlib
import subprocess
import time

from .bounds import Goal
from .cri import Containerd, Face, FixedFace, GoServer
from .machine import WAYBILL, cpu_seconds, make_layout
from .question import WHOLE_LIST, Failure, filter_request, layout_tags
from .registries import running
from .results import interleaved
from .server import Server

SECONDS_OF_REST = 20


def measure(plan, results):
    for peer in (Containerd, GoServer):
        if why := peer.why_missing():
            results.missing[peer.name] = why
    for images in plan.lists:
        measure_lists(images, plan, results)
    measure_beside_zeromq(plan, results)
    if Containerd.name not in results.missing:
        measure_asking(max(plan.containerd), plan, results)


def measure_lists(images, plan, results):
    layout = make_layout(images)
    load = plan.load()
    with contextlib.ExitStack() as stack:
        face = stack.enter_context(Face(layout))
        asked = [face, stack.enter_context(FixedFace(layout, face.call()))]
        if GoServer.name not in results.missing:
            reply = face.log.with_suffix(".list")
            reply.write_bytes(face.fetch(WHOLE_LIST))
            asked.append(stack.enter_context(GoServer(layout, reply)))
        if Containerd.name not in results.missing and images in plan.containerd:
            asked.append(stack.enter_context(Containerd(layout)))
        entries = {server.name: lambda server=server: server.measure(None, load) for server in asked}
        goal = Goal("list over CRI", FixedFace.name)
        samples = interleaved(plan.rounds, entries, {GoServer.name, Containerd.name}, goal)
        results.add(goal.kind, images, len(face.call()), samples, limit=goal.limit)


def measure_beside_zeromq(plan, results):
    """A filter over ZeroMQ, by one client, while two list over CRI, and while nobody does."""
    layout = make_layout(1_000)
    name = next(iter(layout_tags(layout).values()))[0]
    with Face(layout) as face:
        question = face.question(filter_request(name))
        one = plan.load(clients=1)

        def busy():
            with running(face.load(clients=2)):
                return face.measure_over_zeromq(question, one)

        entries = {"waybill": lambda: face.measure_over_zeromq(question, one), "waybill, asked over CRI": busy}
        goal = Goal("filter beside CRI", "waybill")
        samples = interleaved(plan.rounds, entries, goal=goal)
        results.add(goal.kind, 1_000, question.size, samples, limit=goal.limit)


class Asking(Server):
    """A worker that asks containerd."""

    name = "waybill"

    def __init__(self, runtime):
        super().__init__()
        self.runtime = runtime

    def command(self):
        return [WAYBILL, "worker", f"cri:{self.runtime.unix_socket}", "--bind", self.endpoint]


def measure_asking(images, plan, results):
    layout = make_layout(images)
    with Containerd(layout) as containerd, Asking(containerd) as worker:
        worker.fetch(WHOLE_LIST)
        pids = {"containerd": containerd.process.pid, "waybill": worker.process.pid}
        time.sleep(5)
        for _ in range(plan.few):
            before = {name: cpu_seconds(pid) for name, pid in pids.items()}
            time.sleep(SECONDS_OF_REST if plan.rounds > 1 else 5)
            for name, pid in pids.items():
                share = (cpu_seconds(pid) - before[name]) / (SECONDS_OF_REST if plan.rounds > 1 else 5)
                results.note(f"% of a core, {name}", images, 100 * share)
        known = layout_tags(layout)
        for number in range(plan.few):
            name = f"example.org/new:{number}"
            begun = time.monotonic()
            tag(containerd, next(iter(known.values()))[0], name)
            while name.encode() not in worker.fetch(WHOLE_LIST):
                if time.monotonic() - begun > 30:
                    raise Failure(f"{name} was not listed")
                time.sleep(0.01)
            results.note("seconds until a change is listed", images, time.monotonic() - begun)


def tag(containerd, name, other):
    command = ["ctr", "--address", containerd.unix_socket, "--namespace", "k8s.io", "images", "tag", name, other]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
