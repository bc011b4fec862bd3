#!/usr/bin/env python3
"""Looks for several images at once: one connection, all requests at once, replies by their msgid.

usage: Examples/list_images_asyncio.py ENDPOINT NAME...

Exits with 1 when a worker refuses a name or does not answer.
"""

import asyncio
import sys

import msgpack
import zmq
import zmq.asyncio

TIMEOUT = 5  # seconds


async def list_images(endpoint, names):
    """A pair for each name: the images and None, or None and the error."""
    replies = [None] * len(names)
    with zmq.asyncio.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        async with asyncio.timeout(TIMEOUT):
            for msgid, name in enumerate(names):
                request = {"filter": {"image": {"image": name}}}
                # The empty part is the delimiter that a REQ socket would send by itself.
                await socket.send_multipart([b"", msgpack.packb([0, msgid, "ListImages", [request]])])
            for _ in names:
                _, reply = await socket.recv_multipart()
                reply = msgpack.unpackb(reply)
                if isinstance(reply, dict):  # the request could not be read, so the worker does not know its msgid
                    raise RuntimeError(reply["error"]["message"])
                _, msgid, error, result = reply
                replies[msgid] = (result and result["images"], error)
    return replies


async def main(endpoint, names):
    try:
        replies = await list_images(endpoint, names)
    except TimeoutError:
        sys.exit(f"no answer from {endpoint} within {TIMEOUT} seconds")
    except (RuntimeError, zmq.ZMQError) as error:
        sys.exit(str(error))
    for name, (images, error) in zip(names, replies):
        if error:
            print(f"{name}: {error['status']}: {error['message']}", file=sys.stderr)
        elif not images:
            print(f"{name}: none")
        for image in images or []:
            print(f"{name}: {image['id']} {image['size']} {' '.join(image['repo_tags'])}")
    sys.exit(any(error for _, error in replies))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
