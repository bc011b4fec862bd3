"""The whole list, against everybody; and what stands between a client and the worker."""

import contextlib

from .between import Broker, Proxy
from .bounds import Goal
from .cri import Containerd, GoServer
from .machine import make_layout
from .question import WHOLE_LIST, check_whole_list, decode
from .results import interleaved
from .servers import Encoding, Fixed, Redis, Waybill, Watched

PEERS = [Redis, Containerd, GoServer, Broker]


def measure(plan, results):
    for peer in PEERS:
        if why := peer.why_missing():
            results.missing[peer.name] = why
    for images in plan.lists:
        measure_list(images, plan, results)
    measure_on_the_way(plan, results)


def measure_list(images, plan, results):
    layout = make_layout(images)
    with contextlib.ExitStack() as stack:
        waybill = stack.enter_context(Waybill(layout))
        question = listing(waybill, layout)
        fixed = stack.enter_context(Fixed(question.reply))
        asked = {waybill: question, fixed: question}
        if Redis.name not in results.missing:
            redis = stack.enter_context(Redis(question))
            asked[redis] = redis.own_question
        if images == 1:
            goal = Goal("list, 64 in flight", "C")
            samples = in_turn(plan, asked, plan.short_load(clients=1, pipeline=64), goal=goal)
            results.add(goal.kind, images, question.size, samples, limit=goal.limit)

        asked[stack.enter_context(Encoding(question.reply))] = question
        if GoServer.name not in results.missing:
            asked[stack.enter_context(GoServer(layout, question.reply))] = question
        if Containerd.name not in results.missing and images in plan.containerd:
            asked[stack.enter_context(Containerd(layout))] = question
        goal, seldom = Goal("list", "C"), {Redis.name, Encoding.name, GoServer.name, Containerd.name}
        samples = in_turn(plan, asked, plan.list_load(images), seldom=seldom, goal=goal)
        results.add(goal.kind, images, question.size, samples, limit=goal.limit)

        near = [stack.enter_context(server) for server in (Waybill(layout, "ipc"), Fixed(question.reply, "ipc"))]
        for server in near:
            server.fetch(WHOLE_LIST)
        samples = in_turn(plan, dict.fromkeys(near, question), plan.list_load(images))
        results.add("list over ipc", images, question.size, samples, limit="C")


def measure_on_the_way(plan, results):
    """Metrics and logs on against off, and the broker against libzmq's proxy, at one image, where they weigh most."""
    layout = make_layout(1)
    with contextlib.ExitStack() as stack:
        quiet = stack.enter_context(Waybill(layout, log_level="critical"))
        watched = stack.enter_context(Watched(layout))
        question = listing(quiet, layout)
        watched.fetch(WHOLE_LIST)
        goal = Goal("list, watched or not", "silent")
        samples = in_turn(plan, {watched: question, quiet: question}, plan.load(), ["watched", goal.limit], goal=goal)
        results.add(goal.kind, 1, question.size, samples, limit=goal.limit)

        if Broker.name not in results.missing:
            between = [stack.enter_context(way(layout)) for way in (Broker, Proxy)]
            goal = Goal("list through two workers", Proxy.name)
            samples = in_turn(plan, dict.fromkeys(between, question), plan.short_load(), goal=goal)
            results.add(goal.kind, 1, question.size, samples, limit=goal.limit)


def listing(waybill, layout):
    """The whole list, once it is right."""
    question = waybill.question(WHOLE_LIST)
    check_whole_list(decode(question.reply.read_bytes()), layout)
    return question


def in_turn(plan, asked, load, names=None, seldom=(), goal=None):
    """The samples of servers that are asked in turn, by the names of the servers, as `interleaved` has them.

    The seldom ones are slow: each of their rounds has the usual time.
    """
    names = names or [server.name for server in asked]

    def entry(server, name):
        given = plan.load() if name in seldom else load
        return lambda: server.measure(asked[server], given)

    entries = {name: entry(server, name) for name, server in zip(names, asked)}
    return interleaved(plan.rounds_of(load), entries, seldom, goal)
