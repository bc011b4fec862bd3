"""How long until a worker lists a store, and what it then takes of memory."""

import time

from .machine import anonymous_bytes, make_layout, resident_bytes
from .question import WHOLE_LIST
from .servers import Waybill


def measure(plan, results):
    for images in (plan.large // 10, plan.large):
        layout = make_layout(images)
        for number in range(plan.rounds + 1):
            begun = time.monotonic()
            with Waybill(layout) as waybill:
                size = len(waybill.fetch(WHOLE_LIST))
                if number > 0:  # the first one brings the files into the cache
                    results.note("seconds to the first list", images, time.monotonic() - begun)
                    results.note("resident bytes of a worker", images, resident_bytes(waybill.process.pid))
                    results.note("anonymous bytes of a worker", images, anonymous_bytes(waybill.process.pid))
                    results.note("packed bytes of a worker", images, size)
