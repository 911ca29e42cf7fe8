# SPDX-License-Identifier: GPL-2.0-or-later
"""A TCP relay in front of etcd that sees the calls in a gRPC connection.

It reads only the frame headers of HTTP/2 (RFC 9113, 4.1): a client's HEADERS frame begins a call, a
server's frame with END_STREAM ends it. So it can count calls, say how many of them had to wait for an
earlier answer, and do something at the n-th call.
"""

import socket
import threading

PREFACE = 24  # bytes that a client sends before its first frame
DATA, HEADERS, END_STREAM = 0, 1, 1


class Relay:
    """`on_call(n)` is called before the n-th call (from 1) goes to etcd; `on_answer(n)` before the end
    of its answer goes to the client. Both may kill the client: nothing is forwarded after True."""

    def __init__(self, port, on_call=None, on_answer=None):
        self.target = port
        self.on_call = on_call
        self.on_answer = on_answer
        self.lock = threading.Lock()
        self.reset()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def reset(self):
        with self.lock:
            self.calls = 0
            self.depth = 0  # the longest chain of calls of which each waited for one before
            self.answered = 0  # the depth of the deepest call that was answered

    def close(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            streams = {}  # id -> (number of the call, its depth)
            threading.Thread(target=self._pump, args=(client, server, PREFACE, self._request, streams),
                             daemon=True).start()
            threading.Thread(target=self._pump, args=(server, client, 0, self._reply, streams),
                             daemon=True).start()

    def _request(self, kind, flags, stream, streams):
        if kind != HEADERS or stream in streams:
            return False
        with self.lock:
            self.calls += 1
            number = self.calls
            streams[stream] = (number, self.answered + 1)
            self.depth = max(self.depth, self.answered + 1)
        return bool(self.on_call and self.on_call(number))

    def _reply(self, kind, flags, stream, streams):
        if kind not in (DATA, HEADERS) or not flags & END_STREAM or stream not in streams:
            return False
        number, depth = streams[stream]
        if self.on_answer and self.on_answer(number):
            return True
        with self.lock:
            self.answered = max(self.answered, depth)
        return False

    @staticmethod
    def _pump(source, target, skip, look, streams):
        """Forwards whole frames, each after `look` has seen its header."""
        pending = b""
        try:
            while data := source.recv(65536):
                pending += data
                while True:
                    if skip:
                        if len(pending) < skip:
                            break
                        size = skip
                    else:
                        size = 9 + int.from_bytes(pending[:3], "big") if len(pending) >= 9 else 9
                        if len(pending) < size:
                            break
                        stream = int.from_bytes(pending[5:9], "big") & 0x7FFFFFFF
                        if look(pending[3], pending[4], stream, streams):
                            return
                    skip = 0
                    target.sendall(pending[:size])
                    pending = pending[size:]
        except OSError:
            pass
        finally:
            for end in (source, target):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
