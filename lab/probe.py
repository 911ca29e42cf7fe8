# SPDX-License-Identifier: GPL-2.0-or-later
"""Who reaches whom, found out with real packets.

Every socket, server and client, is made in the namespace of its workload (or host), and one loop
in this process serves them all: no helper runs in the workloads, and many probes are under way at
once. An answer counts only if it comes from the one who was asked.
"""
import contextlib
import dataclasses
import errno
import itertools
import os
import selectors
import socket
import struct
import time

from . import namespaces, packet

FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
AT_ONCE = 200
AGAIN = 0.3           # a datagram without an answer is sent again after so many seconds

_identifier = itertools.count(int.from_bytes(os.urandom(4), "big"))


@dataclasses.dataclass(frozen=True)
class Probe:
    """From source to target; both have .name, .process and .addresses[family].

    protocol: "tcp", "udp", "icmp" (an echo, answered), or what only goes one way and counts when
    it arrives: "icmp" with another `icmp` (type, code), "sctp", or the number of an IP protocol.
    """
    source: object
    target: object
    family: int = 4
    protocol: object = "tcp"
    port: int = 80
    source_port: int = 0
    source_address: str = None
    target_address: str = None
    icmp: tuple = None
    size: int = 0        # bytes of payload at least, for "udp" and an echo

    def address(self):
        return self.target_address or self.target.addresses[self.family]

    def __str__(self):
        what = f"icmp {self.icmp}" if self.protocol == "icmp" else f"{self.protocol}/{self.port}"
        return f"{self.source.name} -> {self.target.name} IPv{self.family} {what}"


@dataclasses.dataclass
class Result:
    """outcome: "ok", "silent" (nothing came), "refused" (a reset or an ICMP error came back)."""
    probe: Probe
    outcome: str
    milliseconds: float = 0.0

    @property
    def passed(self):
        return self.outcome == "ok"

    def __str__(self):
        return f"{self.probe}: {self.outcome}"


def new_socket(end, family, kind, protocol=0, bind=None):
    with namespaces.network_of(end.process):
        s = socket.socket(FAMILY[family], kind | socket.SOCK_NONBLOCK, protocol)
        try:
            if bind is not None:
                if kind != socket.SOCK_RAW:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                    if family == 6:
                        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                s.bind(bind)
            return s
        except BaseException:
            s.close()
            raise


def reset_on_close(s):
    """No TIME_WAIT: the next probe may have the same ports."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Attempt:
    """One probe under way: `start`, then `readable`/`writable` until an outcome stands."""

    def __init__(self, loop, probe):
        self.loop, self.probe = loop, probe
        self.token = f"{next(_identifier):x}".encode()
        self.payload = self.token.ljust(probe.size, b".")
        self.outcome = None
        self.began = time.monotonic()
        self.send_again = None
        self.socket = None

    def start(self):
        try:
            self.open()
            self.loop.watch(self.socket, self.ready, self.interest)
        except OSError as e:
            self.fail(e)

    interest = selectors.EVENT_READ

    def local(self):
        bind = (self.probe.source_address or "", self.probe.source_port)
        return bind if any(bind) else None

    def fail(self, error):
        if error.errno in (errno.EADDRNOTAVAIL, errno.EADDRINUSE, errno.EINVAL):
            raise error  # a mistake in the test, not an answer of the network
        self.outcome = "refused"

    def ready(self, mask):
        try:
            self.advance(mask)
        except BlockingIOError:
            pass
        except OSError as e:
            self.fail(e)

    def close(self):
        if self.socket:
            self.loop.forget(self.socket)


class TcpAttempt(Attempt):
    """Connects and reads the server's name: both directions work, and it is the right server."""
    interest = selectors.EVENT_WRITE

    def open(self):
        p = self.probe
        self.socket = new_socket(p.source, p.family, socket.SOCK_STREAM, bind=self.local())
        reset_on_close(self.socket)
        with contextlib.suppress(BlockingIOError):
            self.socket.connect((p.address(), p.port))

    def advance(self, mask):
        if mask & selectors.EVENT_WRITE:
            error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
            self.loop.watch(self.socket, self.ready, selectors.EVENT_READ)
        elif self.socket.recv(256) == self.loop.banner(self.probe.target):
            self.outcome = "ok"
        else:
            self.outcome = "refused"


class UdpAttempt(Attempt):
    def open(self):
        p = self.probe
        self.socket = new_socket(p.source, p.family, socket.SOCK_DGRAM, bind=self.local())
        self.socket.connect((p.address(), p.port))
        self.send()

    def send(self):
        self.socket.send(self.payload)
        self.send_again = time.monotonic() + AGAIN

    def advance(self, mask):
        if self.socket.recv(65535) == self.loop.banner(self.probe.target) + self.payload:
            self.outcome = "ok"


class EchoAttempt(Attempt):
    def open(self):
        p = self.probe
        self.socket = new_socket(p.source, p.family, socket.SOCK_RAW, packet.ICMP[p.family],
                                 bind=(p.source_address or "", 0))
        self.send()

    def send(self):
        p = self.probe
        data = packet.icmp(p.family, packet.ECHO_REQUEST[p.family], int(self.token, 16) & 0xffff,
                           self.payload)
        self.socket.sendto(data, (p.address(), 0))
        self.send_again = time.monotonic() + AGAIN

    def advance(self, mask):
        data, sender = self.socket.recvfrom(65535)
        data = packet.without_ip_header(self.probe.family, data)
        if (data[0] == packet.ECHO_REPLY[self.probe.family] and data[8:] == self.payload
                and sender[0] == self.probe.address()):
            self.outcome = "ok"


class OneWayAttempt(Attempt):
    """Sends from a raw socket and is watched for with a raw socket at the target."""

    def open(self):
        p = self.probe
        number = {"icmp": packet.ICMP[p.family], "sctp": packet.SCTP}.get(p.protocol, p.protocol)
        self.socket = new_socket(p.target, p.family, socket.SOCK_RAW, number, bind=("", 0))
        self.sender = new_socket(p.source, p.family, socket.SOCK_RAW, number,
                                 bind=(p.source_address or "", 0))
        if p.protocol == "icmp":
            self.data = packet.icmp(p.family, p.icmp, int(self.token, 16) & 0xffff, self.token)
        elif p.protocol == "sctp":
            self.data = packet.sctp_init(p.source_port or 4000, p.port, self.token)
        else:
            self.data = self.token
        self.send()

    def send(self):
        self.sender.sendto(self.data, (self.probe.address(), 0))
        self.send_again = time.monotonic() + AGAIN

    def advance(self, mask):
        if self.token in self.socket.recv(2048):
            self.outcome = "ok"

    def close(self):
        super().close()
        if getattr(self, "sender", None):
            self.sender.close()


def attempt_class(probe):
    if probe.protocol == "icmp":
        return OneWayAttempt if probe.icmp else EchoAttempt
    return {"tcp": TcpAttempt, "udp": UdpAttempt}.get(probe.protocol, OneWayAttempt)


class Loop:
    """The servers that the probes need and the probes under way."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.servers = {}

    def watch(self, s, callback, mask=selectors.EVENT_READ):
        try:
            self.selector.modify(s, mask, callback)
        except KeyError:
            self.selector.register(s, mask, callback)

    def forget(self, s):
        with contextlib.suppress(KeyError, ValueError):
            self.selector.unregister(s)
        s.close()

    @staticmethod
    def banner(end):
        return end.name.encode() + b"\n"

    def serve(self, probe):
        key = (probe.target.process, probe.family, probe.protocol, probe.port)
        if probe.protocol not in ("tcp", "udp") or key in self.servers:
            return
        kind = socket.SOCK_STREAM if probe.protocol == "tcp" else socket.SOCK_DGRAM
        s = new_socket(probe.target, probe.family, kind, bind=("", probe.port))
        self.servers[key] = s
        banner = self.banner(probe.target)
        if probe.protocol == "tcp":
            s.listen(64)
            self.watch(s, lambda _: self.accept(s, banner))
        else:
            self.watch(s, lambda _: self.reply(s, banner))

    def accept(self, s, banner):
        with contextlib.suppress(OSError):
            connection = s.accept()[0]
            connection.send(banner)  # then the client resets; only then is it closed here
            self.watch(connection, lambda _: self.forget(connection))

    def reply(self, s, banner):
        with contextlib.suppress(OSError):
            payload, sender = s.recvfrom(65535)
            s.sendto(banner + payload, sender)

    def run(self, probes, seconds):
        waiting = list(reversed(probes))
        under_way, results = [], {}
        while waiting or under_way:
            while waiting and len(under_way) < AT_ONCE:
                probe = waiting.pop()
                self.serve(probe)
                under_way.append(attempt_class(probe)(self, probe))
                under_way[-1].start()
            for key, mask in self.selector.select(0.01):
                key.data(mask)
            now = time.monotonic()
            for a in under_way:
                if a.outcome is None and now - a.began > seconds:
                    a.outcome = "silent"
                elif a.outcome is None and a.send_again and now > a.send_again:
                    with contextlib.suppress(OSError):
                        a.send()
            for a in [a for a in under_way if a.outcome]:
                under_way.remove(a)
                a.close()
                results[id(a.probe)] = Result(a.probe, a.outcome, 1000 * (now - a.began))
        return [results[id(p)] for p in probes]

    def close(self):
        for key in list(self.selector.get_map().values()):
            self.forget(key.fileobj)
        self.selector.close()


def run(probes, seconds=1.0):
    """The results, in the order of the probes. Silence is found out after `seconds`."""
    loop = Loop()
    try:
        return loop.run(list(probes), seconds)
    finally:
        loop.close()


def all_pairs(ends, families=(4, 6), protocols=("tcp", "icmp"), port=80):
    return [Probe(source, target, family, protocol, port)
            for source in ends for target in ends if source is not target
            for family in families for protocol in protocols]
