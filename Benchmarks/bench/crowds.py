"""A great many connections, of which few ask."""

import contextlib
import resource
import time

from .bounds import Goal
from .lists import in_turn, listing
from .machine import SCRATCH, anonymous_bytes, make_layout
from .question import WHOLE_LIST
from .registries import running
from .servers import Fixed, Waybill

ASKING = 100


def measure(plan, results):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # Half of what the servers may have: each connection is a descriptor at either end, and more are kept for other things.
    idle = min(plan.crowd - ASKING, most // 2 - ASKING)
    layout = make_layout(1)
    with contextlib.ExitStack() as stack:
        waybill = stack.enter_context(Waybill(layout))
        question = listing(waybill, layout)
        servers = [waybill, stack.enter_context(Fixed(question.reply))]
        for server in servers:
            stack.enter_context(a_crowd(server, idle, results))
        goal, load = Goal("list in a crowd", "C"), plan.short_load(clients=ASKING)
        samples = in_turn(plan, dict.fromkeys(servers, question), load, goal=goal)
        results.add(goal.kind, idle + ASKING, question.size, samples, limit=goal.limit)


@contextlib.contextmanager
def a_crowd(server, count, results):
    """So many connections that have asked once, and do nothing."""
    before = anonymous_bytes(server.process.pid)
    command = [SCRATCH / "load", "--endpoint", server.endpoint, "--hex", WHOLE_LIST.hex(), "--hold"]
    with running(command + ["--clients", count]) as clients:
        clients.stdout.readline()  # all have asked
        time.sleep(2)  # and have been answered
        bytes_each = (anonymous_bytes(server.process.pid) - before) / count
        results.note(f"bytes of a connection, {server.name}", count + ASKING, bytes_each)
        yield
