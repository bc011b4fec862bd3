"""A runtime that speaks CRI as CRI-O 1.36 does, or iSulad, or as none should: runtime.py SOCKET FILE.

FILE is JSON, and is read anew for each call: {"kind": KIND, "images": [IMAGE…]}, an image as protobuf's JSON has it. KIND is

  crio        StreamImages, two images in a message
  isulad      ListImages only
  starting    UNKNOWN, as containerd says until it has recovered
  broken      a stream that breaks off after the first message
  hanging     no answer
  huge        more than 256 MiB, in one message
  old         version v1alpha2 of CRI alone
"""

import json
import sys
import threading
from concurrent import futures

import grpc
from google.protobuf import json_format

import cri_messages
from cri_messages import cri

socket, path = sys.argv[1:]


def state():
    with open(path) as file:
        return json.load(file)


def images(context):
    now = state()
    kind = now["kind"]
    if kind == "starting":
        context.abort(grpc.StatusCode.UNKNOWN, "server is not initialized yet")
    if kind == "hanging":
        threading.Event().wait(60)
    found = [json_format.ParseDict(image, cri.Image()) for image in now["images"]]
    if kind == "huge":
        found[0].spec.annotations["ballast"] = "x" * (300 << 20)
    return kind, found


def list_images(request, context):
    return cri.ListImagesResponse(images=images(context)[1])


def stream_images(request, context):
    kind, found = images(context)
    if kind == "isulad":
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "unknown method StreamImages")
    for start in range(0, len(found), 2):
        yield cri.StreamImagesResponse(images=found[start : start + 2])
        if kind == "broken":
            context.abort(grpc.StatusCode.INTERNAL, "the store is locked")


def version(request, context):
    name = {"isulad": "iSulad"}.get(state()["kind"], "cri-o")
    return cri.VersionResponse(
        version="0.1.0", runtime_name=name, runtime_version="1.36.0", runtime_api_version="v1"
    )


def handler(function, name):
    _, request, reply = cri_messages.CALLS[name]
    make = grpc.unary_stream_rpc_method_handler if name.startswith("Stream") else grpc.unary_unary_rpc_method_handler
    return make(function, request_deserializer=request.FromString, response_serializer=reply.SerializeToString)


package = "runtime.v1alpha2" if state()["kind"] == "old" else "runtime.v1"
options = [("grpc.max_send_message_length", -1)]
server = grpc.server(futures.ThreadPoolExecutor(max_workers=4), options=options)
server.add_generic_rpc_handlers(
    [
        grpc.method_handlers_generic_handler(
            f"{package}.ImageService",
            {"ListImages": handler(list_images, "ListImages"), "StreamImages": handler(stream_images, "StreamImages")},
        ),
        grpc.method_handlers_generic_handler(f"{package}.RuntimeService", {"Version": handler(version, "Version")}),
    ]
)
server.add_insecure_port(f"unix:{socket}")
server.start()
print("ready", flush=True)
server.wait_for_termination()
