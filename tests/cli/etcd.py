# SPDX-License-Identifier: GPL-2.0-or-later
"""One etcd member for tests, spoken to through its JSON gateway."""

import base64
import http.client
import json
import subprocess
import time


def _encode(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.b64encode(data).decode()


class Etcd:
    def __init__(self, directory, port):
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        peer = f"http://127.0.0.1:{port + 1}"
        self.log = open(f"{directory}/etcd.log", "wb")
        self.process = subprocess.Popen(
            ["etcd", "--data-dir", f"{directory}/data", "--name", "one",
             "--listen-client-urls", self.url, "--advertise-client-urls", self.url,
             "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
             "--initial-cluster", f"one={peer}", "--log-level", "error"],
            stdout=self.log, stderr=self.log)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self._wait()

    def _wait(self):
        for _ in range(200):
            try:
                self.call("kv/range", {"key": _encode("x")})
                return
            except (OSError, http.client.HTTPException, ValueError):
                self.connection.close()
                time.sleep(0.05)
        raise RuntimeError("etcd does not answer")

    def stop(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def call(self, what, request):
        self.connection.request("POST", f"/v3/{what}", json.dumps(request))
        return json.loads(self.connection.getresponse().read())

    def fill(self, pairs):
        """Makes `pairs` all there is. Returns the revision of each key."""
        everything = {"key": _encode(b"\0"), "range_end": _encode(b"\0")}
        self.call("kv/deleterange", everything)
        for key, value in pairs.items():
            self.put(key, value)
        return {key: revision for key, (_, revision) in self.read().items()}

    def put(self, key, value):
        self.call("kv/put", {"key": _encode(key), "value": _encode(value)})

    def delete(self, key):
        self.call("kv/deleterange", {"key": _encode(key)})

    def read(self):
        """key -> (value, revision)"""
        everything = {"key": _encode(b"\0"), "range_end": _encode(b"\0")}
        reply = self.call("kv/range", everything)
        return {
            base64.b64decode(kv["key"]).decode():
                (base64.b64decode(kv.get("value", "")).decode(), kv["mod_revision"])
            for kv in reply.get("kvs", [])
        }
