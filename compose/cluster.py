"""Runs the pods of a manifest on Podman as Kubernetes does, as far as readiness decides who is reached.

usage: cluster.py MANIFEST NODE STATE PODMAN…

Each Deployment has its replicas and each DaemonSet one pod, for one node whose paths lie below the folder NODE. Exec
probes are run in the pods by the manifest's own periods and thresholds. A container that its liveness probe finds
dead is killed, and started again. A Service is a host of that name in the network of the pods. It forwards
connections to pods that its selector fits and that are ready, or to all that run where it publishes addresses that
are not ready; without one it refuses them. Volume claims are Podman's volumes of that name. STATE is a file that says
how it stands, a line a pod: its name, `ready` or `waiting`, and how often it was found dead. PODMAN is the command
with its options. NetworkPolicies are not looked at.
"""

import asyncio
import ctypes
import json
import os
import random
import socket
import sys
import time

import yaml

NETWORK = "waybill-cluster"
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


async def run(*command, stdin=None, timeout=None):
    """Runs a command. Returns its exit code and its output; 124 when it takes longer than `timeout` seconds."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        output, errors = await asyncio.wait_for(process.communicate(stdin), timeout)
    except TimeoutError:
        process.kill()
        return 124, ""
    if process.returncode and stdin is not None:
        sys.exit(f"{' '.join(command)}: {errors.decode()}")
    return process.returncode, output.decode()


class Probe:
    """A probe of a container: what it says now, by its thresholds."""

    def __init__(self, specification, container, passes):
        self.specification = specification
        self.container = container
        self.passes = passes
        self.failures = 0
        self.due = time.monotonic() + specification.get("initialDelaySeconds", 0)

    async def look(self, podman):
        if time.monotonic() < self.due:
            return
        self.due = time.monotonic() + self.specification.get("periodSeconds", 10)
        code, _ = await run(
            *podman, "exec", self.container, *self.specification["exec"]["command"],
            timeout=self.specification.get("timeoutSeconds", 1))
        self.failures = self.failures + 1 if code else 0
        if code == 0:
            self.passes = True
        elif self.failures >= self.specification.get("failureThreshold", 3):
            self.passes = False


class Pod:
    """A pod of one container."""

    def __init__(self, name, template, podman):
        self.name = name
        self.labels = template["metadata"]["labels"]
        self.specification = template["spec"]
        self.podman = podman
        (self.definition,) = self.specification["containers"]
        self.container = f"{name}-{self.definition['name']}"
        # Podman would run probes of its own, and publish the ports on the host, for which Kubernetes asks for a hostPort.
        self.probes = self.definition.pop("readinessProbe"), self.definition.pop("livenessProbe")
        self.definition.pop("ports", None)
        self.address = None
        self.started = None
        self.deaths = 0

    @property
    def is_running(self):
        return self.started is not None

    @property
    def is_ready(self):
        return self.is_running and self.readiness.passes

    async def start(self, node):
        for volume in self.specification.get("volumes", []):
            if path := volume.get("hostPath"):
                path["path"] = node + path["path"]
        for variable in self.definition.get("env", []):
            # The one field that a manifest here asks for: the name of the node.
            if variable.pop("valueFrom", None):
                variable["value"] = os.path.basename(node)
            reference = f"$({variable['name']})"
            self.definition["args"] = [word.replace(reference, variable["value"]) for word in self.definition["args"]]
        pod = {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": self.name, "labels": self.labels},
            "spec": self.specification}
        await run(*self.podman, "play", "kube", "--network", NETWORK, "-", stdin=json.dumps(pod).encode())

    async def found(self, started):
        """Takes note of when the container was started, None if it does not run."""
        if started == self.started:
            return
        if started is not None:
            networks = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
            _, pod = await run(*self.podman, "pod", "inspect", "--format", "{{.InfraContainerID}}", self.name)
            _, address = await run(*self.podman, "inspect", "--format", networks, pod.strip())
            self.address = address.strip()
            self.readiness = Probe(self.probes[0], self.container, False)
            self.liveness = Probe(self.probes[1], self.container, True)
        self.started = started

    async def live(self):
        """Runs the probes while the container runs, for ever."""
        while True:
            if self.is_running:
                await asyncio.gather(self.readiness.look(self.podman), self.liveness.look(self.podman))
                if not self.liveness.passes:
                    self.deaths += 1
                    await run(*self.podman, "restart", self.container)
                    self.started = None
            await asyncio.sleep(0.5)


class Service:
    """A Service: a container without a program, in whose network this process listens."""

    def __init__(self, manifest, pods, podman):
        self.name = manifest["metadata"]["name"]
        self.specification = manifest["spec"]
        self.pods = pods
        self.podman = podman
        self.servers = []

    async def start(self):
        await run(
            *self.podman, "run", "--detach", "--name", self.name, "--network", NETWORK, "--entrypoint", "sleep",
            "localhost/waybill", "infinity", stdin=b"")
        _, self.process = await run(*self.podman, "inspect", "--format", "{{.State.Pid}}", self.name)

    @property
    def endpoints(self):
        publishes_all = self.specification.get("publishNotReadyAddresses", False)
        selector = self.specification["selector"].items()
        return [
            pod for pod in self.pods
            if selector <= pod.labels.items() and (pod.is_ready or publishes_all and pod.is_running)]

    async def route(self):
        """Listens while there is an endpoint, for ever."""
        while True:
            if self.endpoints and not self.servers:
                for port in self.specification["ports"]:
                    self.servers.append(await self.serve(port["port"]))
            elif not self.endpoints:
                for server in self.servers:
                    server.close()
                self.servers = []
            await asyncio.sleep(0.1)

    async def serve(self, port):
        async def forward(reader, writer):
            try:
                others = await asyncio.open_connection(random.choice(self.endpoints).address, port)
            except (IndexError, OSError):
                writer.transport.abort()
                return
            await asyncio.gather(pump(reader, others[1]), pump(others[0], writer))

        return await asyncio.start_server(forward, sock=self.listener(port))

    def listener(self, port):
        """A socket that listens in the network of the Service's container."""
        own = os.open("/proc/self/ns/net", os.O_RDONLY)
        other = os.open(f"/proc/{self.process.strip()}/ns/net", os.O_RDONLY)
        enter(other)
        try:
            return socket.create_server(("", port))
        finally:
            enter(own)
            os.close(own)
            os.close(other)


def enter(namespace):
    if libc.setns(namespace, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


async def pump(reader, writer):
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    writer.close()


async def watch(pods, path, podman):
    """Sees which containers run, and writes how the pods stand, for ever."""
    while True:
        _, output = await run(*podman, "ps", "--format", "json")
        started = {container["Names"][0]: container["StartedAt"] for container in json.loads(output)}
        for pod in pods:
            await pod.found(started.get(pod.container))
        lines = [f"{pod.name} {'ready' if pod.is_ready else 'waiting'} {pod.deaths}\n" for pod in pods]
        with open(f"{path}.new", "w") as file:
            file.writelines(lines)
        os.replace(f"{path}.new", path)
        await asyncio.sleep(0.5)


async def main(path, node, state, *podman):
    with open(path) as file:
        manifests = list(yaml.safe_load_all(file))
    pods = []
    for manifest in manifests:
        if manifest["kind"] in ("Deployment", "DaemonSet"):
            for number in range(manifest["spec"].get("replicas", 1)):
                # A copy for each, without the anchors that they share.
                template = json.loads(json.dumps(manifest["spec"]["template"]))
                pods.append(Pod(f"{manifest['metadata']['name']}-{number}", template, podman))
    services = [Service(manifest, pods, podman) for manifest in manifests if manifest["kind"] == "Service"]
    for service in services:
        await service.start()
    for pod in pods:
        await pod.start(node)
    await asyncio.gather(
        *(pod.live() for pod in pods), *(service.route() for service in services), watch(pods, state, podman))


asyncio.run(main(*sys.argv[1:]))
