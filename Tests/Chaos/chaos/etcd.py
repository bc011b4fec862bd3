"""Three members of etcd, each on a host of its own, and what they are asked over their JSON gateway."""

import base64
import http.client
import json
import os
import shutil
import signal
import subprocess
import time


class Etcd:
    COUNT = 3

    def __init__(self, network, folder, log):
        self.network, self.folder, self.log = network, folder, log
        self.hosts = [f"e{number}" for number in range(self.COUNT)]
        self.addresses = [network.add(host) for host in self.hosts]
        self.processes = [None] * self.COUNT
        self.cluster = ",".join(
            f"{host}=http://{address}:2380" for host, address in zip(self.hosts, self.addresses))
        self.endpoints = [f"{address}:2379" for address in self.addresses]
        for number in range(self.COUNT):
            self.start(number)
        self.wait_until_healthy(60)

    @property
    def location(self):
        """As waybill has it."""
        return "etcd:" + ",".join(self.endpoints)

    def _data(self, number):
        return self.folder / f"{self.hosts[number]}.etcd"

    def start(self, number):
        address = self.addresses[number]
        command = self.network.command(
            self.hosts[number], "etcd", "--name", self.hosts[number], "--data-dir", self._data(number),
            "--listen-client-urls", f"http://{address}:2379,http://127.0.0.1:2379",
            "--advertise-client-urls", f"http://{address}:2379", "--listen-peer-urls", f"http://{address}:2380",
            "--initial-advertise-peer-urls", f"http://{address}:2380", "--initial-cluster", self.cluster,
            "--initial-cluster-token", "wbc", "--logger", "zap", "--log-level", "warn")
        with open(self.folder / f"{self.hosts[number]}.log", "a") as output:
            self.processes[number] = subprocess.Popen(
                command, stdout=output, stderr=output, env={**os.environ, "ETCDCTL_API": "3"})

    def is_running(self, number):
        return self.processes[number].poll() is None

    def send(self, number, name):
        if self.is_running(number):
            self.processes[number].send_signal(name)

    def kill(self, number):
        self.send(number, signal.SIGKILL)
        self.processes[number].wait()

    def ask(self, number, path, body, timeout=2.0):
        """What a member answers; an OSError where it does not, or says an error."""
        connection = http.client.HTTPConnection(self.addresses[number], 2379, timeout=timeout)
        try:
            connection.request("POST", f"/v3/{path}", json.dumps(body))
            reply = connection.getresponse()
            answer = json.loads(reply.read())
            if reply.status != 200:
                raise OSError(f"{path}: {answer.get('error')}")
            return answer
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"{path}: {error!r}") from error
        finally:
            connection.close()

    def ask_any(self, path, body, timeout=2.0):
        error = None
        for number in range(self.COUNT):
            try:
                return self.ask(number, path, body, timeout)
            except OSError as failure:
                error = failure
        raise error

    def status(self, number):
        answer = self.ask(number, "maintenance/status", {}, 1.0)
        return {
            "revision": int(answer["header"].get("revision", 0)), "term": int(answer.get("raftTerm", 0)),
            "is_leader": answer.get("leader") == answer["header"]["member_id"],
            "cluster": answer["header"]["cluster_id"]}

    def leader(self):
        """The number of the member that says that it leads, in the newest term; nil where none does."""
        leaders = []
        for number in range(self.COUNT):
            try:
                status = self.status(number)
            except OSError:
                continue
            if status["is_leader"]:
                leaders.append((status["term"], number))
        return max(leaders)[1] if leaders else None

    def revision(self):
        return int(self.range(b"\0", b"\0", count_only=True)["header"]["revision"])

    def range(self, key, end, **options):
        body = {"key": base64.b64encode(key).decode(), "range_end": base64.b64encode(end).decode(), **options}
        return self.ask_any("kv/range", body)

    def wait_until_healthy(self, limit):
        """Waits until each member answers a read that takes the majority."""
        end = time.monotonic() + limit
        for number in range(self.COUNT):
            while True:
                try:
                    self.ask(number, "kv/range", {"key": base64.b64encode(b"x").decode()}, 1.0)
                    break
                except OSError as error:
                    if time.monotonic() > end:
                        raise TimeoutError(f"etcd is not well within {limit} s: {error}") from error
                    time.sleep(0.05)

    def compact(self):
        revision = self.revision()
        self.ask_any("kv/compaction", {"revision": revision})
        return revision

    def control(self, *arguments):
        subprocess.run(
            ["etcdctl", *map(str, arguments)], check=True, env={**os.environ, "ETCDCTL_API": "3"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)

    def save(self, path):
        """Makes a backup. Returns the revision that it has at least."""
        revision = self.revision()
        path.unlink(missing_ok=True)
        self.control("--endpoints", self.endpoints[0], "snapshot", "save", path)
        return revision

    def restore(self, path):
        """Has all members begin anew from a backup: under the same names and the same token, so as the same cluster."""
        for number in range(self.COUNT):
            if self.is_running(number):
                self.kill(number)
        for number, host in enumerate(self.hosts):
            shutil.rmtree(self._data(number))
            self.control(
                "snapshot", "restore", path, "--name", host, "--data-dir", self._data(number), "--initial-cluster",
                self.cluster, "--initial-cluster-token", "wbc", "--initial-advertise-peer-urls",
                f"http://{self.addresses[number]}:2380")
        for number in range(self.COUNT):
            self.start(number)
