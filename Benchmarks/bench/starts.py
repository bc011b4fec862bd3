"""How long until a worker lists a store, and what it then takes of memory."""

import os
import pathlib
import time

from .machine import OWN, anonymous_bytes, make_layout, resident_bytes
from .question import WHOLE_LIST
from .servers import Waybill

CACHES = pathlib.Path("/proc/sys/vm/drop_caches")


def measure(plan, results):
    for images in (plan.large // 10, plan.large):
        measure_store("oci", make_layout(images), images, plan, results)
    images = plan.large // 10
    measure_store("containers-storage", make_layout(images, "--storage"), images, plan, results)


def measure_store(kind, store, images, plan, results):
    def note(name, value):
        results.note(f"{name}, {kind}", images, value)

    start(store, kind=kind)  # brings the files into the cache
    for _ in range(plan.few):
        start(store, note, kind=kind)
    if not os.access(CACHES, os.W_OK):
        results.missing["a cold start"] = f"{CACHES} cannot be written"
        return
    for _ in range(plan.few):
        os.sync()
        CACHES.write_text("3")
        note("seconds to the first list, cold", start(store, kind=kind))


def start(store, note=lambda name, value: None, build=OWN, kind="oci"):
    """The seconds until the first whole list; `note` is given what else there is to know."""
    begun = time.monotonic()
    with Waybill(store, build=build, kind=kind) as waybill:
        size = len(waybill.fetch(WHOLE_LIST))
        seconds = time.monotonic() - begun
        note("seconds to the first list", seconds)
        note("resident bytes of a worker", resident_bytes(waybill.process.pid))
        note("anonymous bytes of a worker", anonymous_bytes(waybill.process.pid))
        note("packed bytes of a worker", size)
        return seconds
