# SPDX-License-Identifier: GPL-2.0-or-later
"""A look into etcd from outside the programs under test, over its JSON gateway."""
import base64
import http.client
import json
import socket
import time

from . import namespaces, plan

HOST, PORT = plan.GATEWAY[4], 2379


def connect(process, seconds=5.0):
    """An HTTP connection made in the network namespace of `process`."""
    connection = http.client.HTTPConnection(HOST, PORT, timeout=seconds)
    with namespaces.network_of(process):
        connection.sock = socket.create_connection((HOST, PORT), timeout=seconds)
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def healthy(process):
    connection = connect(process, 2.0)
    connection.request("GET", "/health")
    return json.load(connection.getresponse()).get("health") == "true"


def _range(prefix):
    key = prefix.encode()
    end = key[:-1] + bytes([key[-1] + 1])
    return {"key": base64.b64encode(key).decode(), "range_end": base64.b64encode(end).decode()}


def get_prefix(process, prefix):
    """{key: value} as text."""
    connection = connect(process)
    connection.request("POST", "/v3/kv/range", json.dumps(_range(prefix)))
    pairs = json.load(connection.getresponse()).get("kvs", [])
    return {base64.b64decode(p["key"]).decode(): base64.b64decode(p["value"]).decode()
            for p in pairs}


class Writer:
    """Puts in two halves, so that others can be watched before etcd's answer is read."""

    def __init__(self, process):
        self.connection = connect(process)

    def put(self, key, value):
        body = {"key": base64.b64encode(key.encode()).decode(),
                "value": base64.b64encode(value.encode()).decode()}
        self.connection.request("POST", "/v3/kv/put", json.dumps(body))

    def delete(self, key):
        body = {"key": base64.b64encode(key.encode()).decode()}
        self.connection.request("POST", "/v3/kv/deleterange", json.dumps(body))

    def finish(self):
        self.connection.getresponse().read()


class Watch:
    """Tells when etcd told its watchers of a change below a prefix, on the monotonic clock."""

    def __init__(self, process, prefix):
        self.connection = connect(process, 10.0)
        self.connection.request("POST", "/v3/watch", json.dumps({"create_request": _range(prefix)}))
        self.response = self.connection.getresponse()
        self.response.readline()  # "created"

    def next(self, seconds=10.0):
        """(time, [key, ...]) of the next change."""
        self.connection.sock.settimeout(seconds)
        line = self.response.readline()
        when = time.monotonic()
        events = json.loads(line)["result"].get("events", [])
        return when, [base64.b64decode(e["kv"]["key"]).decode() for e in events]

    def close(self):
        self.connection.close()
