"""Thousands of publishers in one thread, each with a connection of its own, which say what `waybill publish` says."""

import asyncio
import itertools
import random
import threading
import time

from .etcd import MESSAGES, path
from .http2 import CallError, Connection, RefusedError
from .inventory import node_key

PRESENCE, RETENTION = 60, 86_400
INTERVAL = PRESENCE / 3  # between two keep-alives
LOOK_INTERVAL = RETENTION / 24  # between two looks at all images
RENEWALS_BETWEEN_CHECKS = 10
SECONDS_REFUSED = 0.05  # for which one refusal stands for all, as a machine of 10,000 would be busy with them
AT_ONCE = 64  # publishers that start or come back at the same time
NO_REVISION = -1


class Publisher:
    """What one node says, as PublisherSession does."""

    def __init__(self, inventory, node, port):
        self.inventory = inventory
        self.node = node
        self.port = port
        self.held = inventory.held[node]
        self.connection = None
        self.task = None  # which keeps it alive
        self.forget()

    def forget(self):
        """A new process knows nothing of what the last one put."""
        self.presence = self.revision = None
        self.renewals = self.term = 0
        self.put_anew()
        self.refreshed = 0
        self.lasting = {}  # until when leases have more than half of their time left
        self.last_look = time.monotonic() - random.uniform(0, LOOK_INTERVAL)

    def put_anew(self):
        self.retention = self.put_images = None
        self.secured = set()

    def disconnect(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    async def call(self, method, request, reply):
        if self.connection is None:
            self.connection = await Connection.open(self.port)
        try:
            return await self.connection.call(path(method), request, reply)
        except CallError:
            self.disconnect()
            raise

    async def grant(self, seconds):
        request = MESSAGES.LeaseGrantRequest(TTL=seconds)
        return (await self.call("LeaseGrant", request, MESSAGES.LeaseGrantResponse)).ID

    async def bring_up_to_date(self, counts):
        now = time.monotonic()
        if self.presence is None or now >= self.refreshed + INTERVAL:
            await self.renew(counts)
            self.refreshed = now
        if self.retention is None:
            self.retention = await self.grant(RETENTION)
        is_look_due = now >= self.last_look + LOOK_INTERVAL
        if self.put_images == self.held and not is_look_due:
            return
        if is_look_due:
            self.secured, self.last_look = set(), now
        elif self.revision is None and not self.secured:
            self.secured = await self.images_of_predecessor()
        await self.secure(counts)
        if self.put_images != self.held:
            await self.put(counts)
            self.put_images = self.held

    async def renew(self, counts):
        """Keeps the presence alive, or takes a new one where it has ended."""
        header = None
        if self.presence is not None:
            request = MESSAGES.LeaseKeepAliveRequest(ID=self.presence)
            reply = await self.call("LeaseKeepAlive", request, MESSAGES.LeaseKeepAliveResponse)
            counts["keep-alives"] += 1
            header = reply.header if reply.TTL > 0 else None
        if header is None:
            self.presence, self.put_images = await self.grant(PRESENCE), None
        self.renewals += 1
        has_gone_back = header and (header.revision < (self.revision or 0) or header.raft_term < self.term)
        self.term = header.raft_term if header else self.term
        if has_gone_back or self.renewals % RENEWALS_BETWEEN_CHECKS == 0:
            await self.check_record()

    async def look_at_record(self, **options):
        look = MESSAGES.RangeRequest(key=node_key(self.inventory.names[self.node]), **options)
        request = MESSAGES.TxnRequest(success=[MESSAGES.RequestOp(request_range=look)])
        return (await self.call("Txn", request, MESSAGES.TxnResponse)).responses[0].response_range.kvs

    async def check_record(self):
        """Looks whether the record is there still."""
        if self.revision is None:
            return
        pairs = await self.look_at_record(keys_only=True)
        if not pairs or pairs[0].mod_revision != self.revision:
            self.put_anew()

    async def images_of_predecessor(self):
        """Whoever put the record that is there has seen to it that its images stay."""
        pairs = await self.look_at_record()
        return self.inventory.images_of_record(pairs[0].value) if pairs else set()

    async def is_lasting(self, lease, counts):
        now = time.monotonic()
        if self.lasting.get(lease, 0) > now + LOOK_INTERVAL:
            return True
        request = MESSAGES.LeaseTimeToLiveRequest(ID=lease)
        left = (await self.call("LeaseTimeToLive", request, MESSAGES.LeaseTimeToLiveResponse)).TTL
        counts["leases looked at"] += 1
        if 2 * left < RETENTION:
            return False
        self.lasting[lease] = now + left - RETENTION / 2
        return True

    async def secure(self, counts):
        """Puts images that are not there, or whose lease is about to end."""
        images = [self.inventory.images[image] for image in self.held if image not in self.secured]
        if not images:
            return
        look = [MESSAGES.RequestOp(request_range=MESSAGES.RangeRequest(key=of.key, keys_only=True)) for of in images]
        found = await self.call("Txn", MESSAGES.TxnRequest(success=look), MESSAGES.TxnResponse)
        missing = []
        for image, response in zip(images, found.responses):
            pairs = response.response_range.kvs
            if pairs and (pairs[0].lease == self.retention or await self.is_lasting(pairs[0].lease, counts)):
                continue
            missing.append(image)
        if missing:
            puts = [MESSAGES.PutRequest(key=image.key, value=image.packed, lease=self.retention) for image in missing]
            operations = [MESSAGES.RequestOp(request_put=put) for put in puts]
            await self.call("Txn", MESSAGES.TxnRequest(success=operations), MESSAGES.TxnResponse)
            counts["images put"] += len(missing)
        self.secured.update(self.held)

    async def put(self, counts):
        """Puts the record over the one that was there."""
        key = node_key(self.inventory.names[self.node])
        record = self.inventory.record(self.node, self.held, int(time.time() * 1e6))
        put = MESSAGES.RequestOp(request_put=MESSAGES.PutRequest(key=key, value=record, lease=self.presence))
        look = MESSAGES.RequestOp(request_range=MESSAGES.RangeRequest(key=key))
        while True:
            revision = NO_REVISION if self.revision is None else self.revision
            same = MESSAGES.Compare(key=key, target=MESSAGES.Compare.MOD, mod_revision=revision)
            request = MESSAGES.TxnRequest(compare=[same], success=[put], failure=[look])
            reply = await self.call("Txn", request, MESSAGES.TxnResponse)
            if reply.succeeded:
                self.revision = reply.header.revision
                counts["records put"] += 1
                return
            others = reply.responses[0].response_range.kvs
            self.revision = others[0].mod_revision if others else 0


class Publishers:
    """All of them, in a thread of their own."""

    def __init__(self, inventory, etcd):
        self.publishers = [Publisher(inventory, node, etcd.port) for node in range(len(inventory.names))]
        self.counts = dict.fromkeys(["keep-alives", "leases looked at", "images put", "records put", "failures"], 0)
        self.loop = asyncio.new_event_loop()
        self.keeping = set()  # tasks that have not ended
        self.refused_until = float("-inf")
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.silence()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def restart(self):
        """Each as after `kill -9`: with a new connection, new leases, and its record anew.

        Those that are not restarted yet go on living."""
        self.run(self.restart_all())

    async def restart_all(self):
        waiting = iter(self.publishers)

        async def some():
            for publisher in waiting:
                if publisher.task:
                    publisher.task.cancel()
                    await asyncio.gather(publisher.task, return_exceptions=True)
                publisher.disconnect()
                publisher.forget()
                await self.bring_up_to_date(publisher)
                await self.start([publisher.node])

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))

    def come_back(self):
        """After `silence`, all at once, with the leases that they had."""
        self.run(self.start(range(len(self.publishers))))

    async def start(self, nodes):
        for node in nodes:
            publisher = self.publishers[node]
            if publisher.task:
                publisher.task.cancel()
            publisher.task = asyncio.create_task(self.keep(publisher))
            self.keeping.add(publisher.task)
            publisher.task.add_done_callback(self.keeping.discard)

    def change(self, held):
        """Nodes hold other images from now on, each by its number."""
        for node, images in held.items():
            self.publishers[node].held = images
        self.run(self.start(held))

    async def keep(self, publisher):
        while True:
            await self.bring_up_to_date(publisher)
            await asyncio.sleep(max(0.0, publisher.refreshed + INTERVAL - time.monotonic()))

    async def bring_up_to_date(self, publisher):
        """Tries until it succeeds, with back-off and jitter."""
        for failures in itertools.count():
            try:
                if time.monotonic() < self.refused_until:
                    raise CallError("another publisher has just been refused")
                return await publisher.bring_up_to_date(self.counts)
            except RefusedError:
                self.refused_until = time.monotonic() + SECONDS_REFUSED
            except CallError:
                self.counts["failures"] += 1
            longest = min(0.1 * 2 ** min(failures, 6), 2)
            await asyncio.sleep(random.uniform(longest / 2, longest))

    def silence(self):
        """They are gone, without a word."""

        async def end():
            for task in self.keeping:
                task.cancel()
            await asyncio.gather(*self.keeping, return_exceptions=True)
            for publisher in self.publishers:
                publisher.disconnect()

        self.run(end())
