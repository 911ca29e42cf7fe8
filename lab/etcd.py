# SPDX-License-Identifier: GPL-2.0-or-later
"""A look into etcd from outside the programs under test, over its JSON gateway."""
import base64
import dataclasses
import http.client
import json
import socket
import ssl
import time

from . import namespaces, plan

PORT = 2379


@dataclasses.dataclass
class Access:
    """Where etcd is (addresses are tried in turn) and who asks: `tls` is the files of authority,
    certificate and key, `password` that of root."""
    addresses: list
    tls: tuple = None
    password: str = None
    token: str = None

    def context(self):
        authority, certificate, key = self.tls
        context = ssl.create_default_context(cafile=authority)
        context.load_cert_chain(certificate, key)
        return context


PLAIN = Access([plan.member_address(1, 4)])


def _connect_to(process, address, access, seconds):
    connection = http.client.HTTPConnection(address, PORT, timeout=seconds)
    with namespaces.network_of(process):
        connection.sock = socket.create_connection((address, PORT), timeout=seconds)
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if access.tls:
        connection.sock = access.context().wrap_socket(connection.sock, server_hostname=address)
    return connection


def connect(process, seconds=5.0, access=PLAIN):
    """An HTTP connection made in the network namespace of `process`."""
    problem = None
    for address in access.addresses:
        try:
            return _connect_to(process, address, access, seconds)
        except OSError as e:
            problem = e
    raise problem


def listens(process, address, port):
    with namespaces.network_of(process):
        socket.create_connection((address, port), timeout=2).close()
    return True


def _headers(process, access):
    """Who has a password shows the token that it got for it."""
    if access.password and not access.token:
        connection = connect(process, access=access)
        connection.request("POST", "/v3/auth/authenticate",
                           json.dumps({"name": "root", "password": access.password}))
        access.token = json.load(connection.getresponse())["token"]
    return {"Authorization": access.token} if access.token else {}


def healthy(process, access=PLAIN):
    """Whether it answers, and its gateway, which begins a moment later."""
    connection = connect(process, 2.0, access)
    connection.request("GET", "/health")
    if json.load(connection.getresponse()).get("health") != "true":
        return False
    connection = connect(process, 2.0, access)
    connection.request("POST", "/v3/maintenance/status", "{}")
    return connection.getresponse().status == 200


def _text(value):
    return base64.b64encode(value.encode()).decode()


def _range(prefix):
    key = prefix.encode()
    end = key[:-1] + bytes([key[-1] + 1])
    return {"key": _text(prefix), "range_end": base64.b64encode(end).decode()}


def get_prefix(process, prefix, access=PLAIN):
    """{key: value} as text."""
    connection = connect(process, access=access)
    connection.request("POST", "/v3/kv/range", json.dumps(_range(prefix)),
                       _headers(process, access))
    pairs = json.load(connection.getresponse()).get("kvs", [])
    return {base64.b64decode(p["key"]).decode(): base64.b64decode(p["value"]).decode()
            for p in pairs}


class Writer:
    """Puts in two halves, so that others can be watched before etcd's answer is read."""

    def __init__(self, process, access=PLAIN):
        self.headers = _headers(process, access)
        self.connection = connect(process, access=access)

    def put(self, key, value):
        self.connection.request("POST", "/v3/kv/put", json.dumps(
            {"key": _text(key), "value": _text(value)}), self.headers)

    def delete(self, key):
        self.connection.request("POST", "/v3/kv/deleterange", json.dumps({"key": _text(key)}),
                                self.headers)

    def finish(self):
        self.connection.getresponse().read()


class Admin:
    """Users and roles."""

    def __init__(self, process, access=PLAIN):
        self.process, self.access = process, access

    def call(self, what, **request):
        """Asked again when the connection ends without an answer; it may have been done then."""
        try:
            return self._ask(what, request)
        except http.client.RemoteDisconnected:
            time.sleep(0.5)
        return self._ask(what, request, ("already exists", "already enabled"))

    def _ask(self, what, request, done=()):
        connection = connect(self.process, access=self.access)
        connection.request("POST", f"/v3/auth/{what}", json.dumps(request),
                           _headers(self.process, self.access))
        reply = json.load(connection.getresponse())
        if "error" in reply and not any(text in reply["error"] for text in done):
            raise RuntimeError(f"etcd: {what}: {reply['error']}")
        return reply

    def grant(self, role, right, prefix):
        """right: read or readwrite."""
        self.call("role/grant", name=role, perm={"permType": right.upper(), **_range(prefix)})


class Watch:
    """Tells when etcd told its watchers of a change below a prefix, on the monotonic clock."""

    def __init__(self, process, prefix, access=PLAIN):
        headers = _headers(process, access)
        self.connection = connect(process, 10.0, access)
        self.connection.request("POST", "/v3/watch",
                                json.dumps({"create_request": _range(prefix)}), headers)
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
