"""Calls CRI at a socket: cri_client.py SOCKET CALL…, where CALL is METHOD or METHOD=ARGUMENT.

The argument is an image, or for Status and ImageStatus `verbose`, after a comma. Prints a JSON array with an object for each
call: {"reply": REPLY as protobuf's JSON has it, "messages": how many there were, "largest": bytes, "trailers": {}}, or
{"code": NAME, "message": TEXT}.
"""

import json
import sys

import grpc
from google.protobuf import json_format

import cri_messages
from cri_messages import cri

socket, calls = sys.argv[1], sys.argv[2:]


def request(name, argument):
    kind = cri_messages.CALLS[name][1]
    image, _, verbose = argument.partition(",")
    if name in ("ListImages", "StreamImages"):
        return cri_messages.filtered(kind, image)
    if name in ("ImageStatus", "PullImage", "RemoveImage"):
        return kind(image=cri.ImageSpec(image=image), verbose=bool(verbose))
    if name == "Status":
        return kind(verbose=bool(argument))
    return kind()


def answer(channel, text):
    name, _, argument = text.partition("=")
    try:
        if name == "StreamImages":
            stream = cri_messages.call(channel, name)(request(name, argument), timeout=30)
            messages = list(stream)
            trailers = stream.trailing_metadata()
        else:
            message, done = cri_messages.call(channel, name).with_call(request(name, argument), timeout=30)
            messages = [message]
            trailers = done.trailing_metadata()
    except grpc.RpcError as error:
        return {"code": error.code().name, "message": error.details()}
    whole = cri_messages.CALLS[name][2]()
    for message in messages:
        whole.MergeFrom(message)
    return {
        "reply": json_format.MessageToDict(whole, always_print_fields_with_no_presence=True),
        "messages": len(messages),
        "largest": max((message.ByteSize() for message in messages), default=0),
        "trailers": dict(trailers or ()),
    }


options = [("grpc.max_receive_message_length", -1)]
with grpc.insecure_channel(f"unix:{socket}", options=options) as channel:
    print(json.dumps([answer(channel, call) for call in calls]))
