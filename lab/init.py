# SPDX-License-Identifier: GPL-2.0-or-later
"""The first process of a room or a host: mounts, then services, until it is killed.

It stands alone (no other module of ours, few of Python's), because one runs on every host.

What it should be comes as a JSON object, as its argument or on standard input:
    hostname, socket, log     the last two on this machine, before anything is mounted
    mounts                    [[type, source, target, options], ...]; targets are made

Requests come over the socket, one JSON object a connection, answered when they are done:
    {"do": "start", "name", "argv", "env", "keep"}    {"pid"}; keep: start it again when it ends
    {"do": "stop", "name", "signal", "seconds"}       {"status"}; killed after `seconds`
    {"do": "signal", "name", "signal"}                {}
    {"do": "list"}                                    {"services": {name: {pid, starts, ends}}}
    {"error": text} answers what could not be done
"""
import heapq
import json
import os
import selectors
import signal
import socket
import sys
import time

QUICK = 1.0      # a service that ends within this many seconds is started again only after a delay
LONGEST = 5.0    # which doubles up to this
ENDS_KEPT = 32


class Service:
    def __init__(self, name, argv, env, keep):
        self.name, self.argv, self.env, self.keep = name, argv, env, keep
        self.pid = None
        self.starts = 0
        self.ends = []       # exit statuses, negative for signals, newest last
        self.began = 0.0
        self.delay = 0.0
        self.waiting = []    # connections to answer when it ends

    def describe(self):
        return {"pid": self.pid, "starts": self.starts, "ends": self.ends}


class Init:
    def __init__(self, spec):
        self.log = spec["log"]
        self.services = {}
        self.timers = []     # (when, serial, function)
        self.serial = 0
        self.selector = selectors.DefaultSelector()
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(spec["socket"])

    # -- services

    def spawn(self, service):
        log = os.path.join(self.log, service.name + ".log")
        service.pid = os.posix_spawnp(
            service.argv[0], service.argv, service.env, setsid=True,
            setsigdef=[signal.SIGCHLD, signal.SIGPIPE, signal.SIGTERM, signal.SIGINT],
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2)])
        service.starts += 1
        service.began = time.monotonic()

    def reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for service in self.services.values():
                if service.pid == pid:
                    self.ended(service, os.waitstatus_to_exitcode(status))

    def ended(self, service, status):
        service.pid = None
        service.ends = (service.ends + [status])[-ENDS_KEPT:]
        for connection in service.waiting:
            answer(connection, {"status": status})
        service.waiting = []
        if service.keep:
            quick = time.monotonic() - service.began < QUICK
            service.delay = min(LONGEST, max(0.1, 2 * service.delay)) if quick else 0.0
            self.after(service.delay, lambda: self.restart(service))

    def restart(self, service):
        if service.keep and service.pid is None and self.services.get(service.name) is service:
            try:
                self.spawn(service)
            except OSError as e:
                print(f"cannot start {service.name} again: {e}", flush=True)
                self.after(LONGEST, lambda: self.restart(service))

    # -- requests

    def do_start(self, request, connection):
        name = request["name"]
        old = self.services.get(name)
        if old and old.pid:
            raise ValueError(f"{name} is running already")
        service = Service(name, request["argv"], request.get("env") or dict(os.environ),
                          request.get("keep", False))
        if old:
            service.starts, service.ends = old.starts, old.ends
        self.spawn(service)
        self.services[name] = service
        answer(connection, {"pid": service.pid})

    def do_stop(self, request, connection):
        service = self.services[request["name"]]
        service.keep = False
        if service.pid is None:
            answer(connection, {"status": service.ends[-1] if service.ends else None})
            return
        pid = service.pid
        service.waiting.append(connection)
        os.kill(pid, request.get("signal", signal.SIGTERM))
        self.after(request.get("seconds", 5.0), lambda: self.kill_if_still(service, pid))

    def kill_if_still(self, service, pid):
        if service.pid == pid:
            os.kill(pid, signal.SIGKILL)

    def do_signal(self, request, connection):
        service = self.services[request["name"]]
        if service.pid is None:
            raise ValueError(f"{service.name} is not running")
        os.kill(service.pid, request["signal"])
        answer(connection, {})

    def do_list(self, _request, connection):
        answer(connection, {"services": {s.name: s.describe() for s in self.services.values()}})

    def serve(self, connection):
        """The other side is our own lab and writes its one line at once."""
        connection.settimeout(1.0)
        try:
            request = json.loads(connection.makefile("r").readline())
            getattr(self, "do_" + request["do"])(request, connection)
        except Exception as e:  # whatever was wrong with one request, the host goes on
            answer(connection, {"error": f"{type(e).__name__}: {e}"})

    # -- the loop

    def after(self, seconds, function):
        self.serial += 1
        heapq.heappush(self.timers, (time.monotonic() + seconds, self.serial, function))

    def next_timeout(self):
        return max(0.0, self.timers[0][0] - time.monotonic()) if self.timers else None

    def run(self):
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_read, False)
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self.listener.listen(16)
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(wake_read, selectors.EVENT_READ)
        while True:
            for key, _ in self.selector.select(self.next_timeout()):
                if key.fileobj is self.listener:
                    self.serve(self.listener.accept()[0])
                else:
                    os.read(wake_read, 4096)
            self.reap()
            while self.timers and self.timers[0][0] <= time.monotonic():
                heapq.heappop(self.timers)[2]()


def answer(connection, reply):
    try:
        connection.sendall(json.dumps(reply).encode() + b"\n")
    except OSError:
        pass  # the one who asked has gone
    connection.close()


def mount(kind, source, target, options=""):
    os.makedirs(target, exist_ok=True)
    words = ["mount", "--bind"] if kind == "bind" else ["mount", "-t", kind]
    if kind == "overlay":
        for option in options.split(","):
            if option.startswith(("upperdir=", "workdir=")):
                os.makedirs(option.split("=", 1)[1], exist_ok=True)
    words += ["-o", options] if options else []
    if os.spawnvp(os.P_WAIT, "mount", words + [source, target]) != 0:
        sys.exit(f"cannot mount {kind} on {target}")


def main():
    spec = json.loads(sys.argv[1] if len(sys.argv) > 1 else sys.stdin.read() or sys.exit(1))
    socket.sethostname(spec["hostname"])
    init = Init(spec)
    for entry in spec["mounts"]:
        mount(*entry)
    for directory, mode in spec.get("directories", []):
        os.makedirs(directory, mode, exist_ok=True)
    init.log = spec.get("log_inside", spec["log"])
    init.run()


if __name__ == "__main__":
    main()
