# SPDX-License-Identifier: GPL-2.0-or-later
"""Traffic that lasts: a connection that stays open, and probes that go on beside a test."""
import contextlib
import socket
import threading

from . import namespaces, probe


class Flow:
    """One TCP connection between two ends, both of its sockets in this process."""

    def __init__(self, source, target, family=4, port=7000):
        kind = probe.FAMILY[family]
        with contextlib.ExitStack() as undo:
            with namespaces.network_of(target.process):
                listener = undo.enter_context(socket.socket(kind, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("", port))
            listener.listen(1)
            listener.settimeout(5)
            with namespaces.network_of(source.process):
                self.near = undo.enter_context(socket.socket(kind, socket.SOCK_STREAM))
            self.near.settimeout(5)
            self.near.connect((target.addresses[family], port))
            self.far = listener.accept()[0]
            undo.pop_all()
            listener.close()
        self.count = 0

    def exchange(self, seconds=1.0):
        """Whether a fresh message goes there and comes back in time."""
        self.count += 1
        message = f"{self.count:08}".encode()
        try:
            for sender, receiver in ((self.near, self.far), (self.far, self.near)):
                receiver.settimeout(seconds)
                sender.sendall(message)
                if receiver.recv(len(message)) != message:
                    return False
        except OSError:
            return False
        return True

    def close(self):
        for s in (self.near, self.far):
            probe.reset_on_close(s)
            s.close()


class Traffic(threading.Thread):
    """Runs `step` over and over until the block ends; `step` returns what went wrong, if it did."""

    def __init__(self, step):
        super().__init__(daemon=True)
        self.step, self.rounds, self.wrong = step, 0, []
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            self.wrong += self.step() or []
            self.rounds += 1

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.join(30)


def steady(flow):
    """A step for Traffic: the connection answers."""
    return lambda: [] if flow.exchange() else [f"message {flow.count} was lost"]


def expecting(probes, passed, seconds):
    """A step for Traffic: new probes all pass, or none does."""
    return lambda: [str(r) for r in probe.run(probes, seconds) if r.passed != passed]
