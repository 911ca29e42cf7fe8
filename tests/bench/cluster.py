# SPDX-License-Identifier: GPL-2.0-or-later
"""Felix on the common data set: cold start, memory, and from a put to etcd to the kernel.

Usage: cluster.py BUILD W P SAMPLES STARTS SETTLE_S
Runs in network, mount and PID namespaces of its own: etcd with its data in RAM, ten veth pairs,
calico-felix. With W=0 P=1 also calico-bgp and BIRD, for their memory, and the size of the programs;
with W=10000 P=1000 also calicoctl.
"""
import contextlib
import http.client
import os
import select
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from lab import kernel, programs, wait  # noqa: E402

ETCD = "http://127.0.0.1:2379"
HOST = "hx1"
LISTED = (10000, 1000)   # W and P of which upstream was asked to list all
LOCAL_ENDPOINTS = 10
POLL_S = 0.005           # as upstream was polled
READY_S = 60
QUIET_S = 0.5            # after the last transaction of a start
QUIET_MS, BUSY_MS = 100, 1  # before each put; after the longer pause CPUs and etcd wake up first
CALICOCTL_RUNS = 5
SO_RCVBUFFORCE, EVENTS_BUFFER = 33, 256 << 20  # all of a start's; Python has no name for it
WORK = "/run/bench"
ENV = {**os.environ, "ETCD_ENDPOINTS": ETCD, "NODENAME": HOST, "FELIX_ETCDENDPOINTS": ETCD,
       "FELIX_FELIXHOSTNAME": HOST, "FELIX_DATASTORETYPE": "etcdv3",
       "FELIX_HEALTHENABLED": "true", "FELIX_LOGSEVERITYSCREEN": "INFO", "FELIX_LOGFILEPATH": "",
       "DATASTORE_TYPE": "etcdv3"}


def prepare():
    """A /run and a log directory of its own, the local endpoints' links, a default route."""
    subprocess.run(["mount", "-t", "tmpfs", "run", "/run"], check=True)
    for directory in (f"{WORK}/etcd", "/run/calico", "/run/lock"):
        os.makedirs(directory)
    commands = ["link set lo up"]
    for i in range(LOCAL_ENDPOINTS):
        commands += [f"link add caliloc{i} type veth peer name peer{i}",
                     f"link set peer{i} up", f"link set caliloc{i} up"]
    commands += ["link add uplink type veth peer name wire", "link set wire up",
                 "link set uplink up", "addr add 192.0.2.1/24 dev uplink",
                 "route add default via 192.0.2.254"]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True, check=True)


@contextlib.contextmanager
def server(name, argv):
    """Its process, ended at the end of the block; what it prints is shown if it ended before."""
    path = f"{WORK}/{name}.log"
    with open(path, "w", encoding="utf-8") as log:
        process = subprocess.Popen(argv, env=ENV, stdout=log, stderr=log,
                                   stdin=subprocess.DEVNULL)
    try:
        yield process
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}")
    except BaseException:
        with open(path, encoding="utf-8", errors="replace") as log:
            sys.stderr.write("".join(log.readlines()[-20:]))
        raise
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def get(port, path):
    """The status of a GET, None if nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def etcd():
    listen = ["--listen-client-urls", ETCD, "--advertise-client-urls", ETCD,
              "--listen-peer-urls", "http://127.0.0.1:2380",
              "--initial-advertise-peer-urls", "http://127.0.0.1:2380",
              "--initial-cluster", "default=http://127.0.0.1:2380"]
    return server("etcd", ["etcd", "--data-dir", f"{WORK}/etcd", "--logger", "zap",
                           "--log-level", "error", *listen])


def commit(events, seconds):
    """When the kernel told of a transaction, None if it told of nothing for so long."""
    while select.select([events], [], [], seconds)[0]:
        if events.read_commit():
            return time.monotonic()
    return None


def cpu_seconds(pid):
    """All that the process has used, by its own clock (clock_getcpuclockid)."""
    return time.clock_gettime(~pid << 3 | 2)


def status_mb(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        line = next(line for line in f if line.startswith(field + ":"))
    return int(line.split()[1]) / 1000


class Stage:
    def __init__(self, build, remote, policies):
        self.build, self.programs = build, programs.find(build)
        self.size, self.what = (remote, policies), f"W={remote} P={policies}"

    def report(self, section, name, unit, value, variant="ours"):
        print(f"{section}: {name}, {self.what}\t{variant}\t{unit}\t{value:.6f}", flush=True)

    def samples(self, program, *words):
        """Runs a C program and returns its samples: name, unit, value."""
        done = subprocess.run([f"{self.build}/tests/bench/bench_{program}", *map(str, words)],
                              env=ENV, stdout=subprocess.PIPE, text=True, check=True)
        lines = [line.split("\t") for line in done.stdout.splitlines()]
        return [(name, unit, float(value)) for name, _, unit, value in lines]

    def felix(self):
        return server("felix", [self.programs["calico-felix"]])

    def snapshot(self):
        for _, unit, took in self.samples("snapshot"):
            self.report("cold start", "ready", unit, took, "floor")

    def cold_start(self, felix, began, events):
        """Until ready, and until the last change of the kernel's rules."""
        last = ready = None
        while ready is None:
            last = commit(events, POLL_S) or last
            if get(9099, "/readiness") == 200:
                ready, cpu = time.monotonic(), cpu_seconds(felix.pid)
            elif felix.poll() is not None or time.monotonic() > began + READY_S:
                raise RuntimeError("Felix did not become ready")
        while found := commit(events, QUIET_S):
            last = found
        self.report("cold start", "ready", "s", ready - began)
        self.report("cold start", "last rule in the kernel", "s", (last or ready) - began)
        self.report("cold start", "CPU to ready", "s", cpu)
        self.report("cold start", "peak RSS", "MB", status_mb(felix.pid, "VmHWM"))

    def memory(self, name, pid):
        pss, _, dirty = (kib / 1000 for kib in kernel.memory(f"/proc/{pid}"))
        self.report("memory", f"{name} PSS", "MB", pss)
        self.report("memory", f"{name} private dirty", "MB", dirty)
        self.report("memory", f"{name} RSS", "MB", status_mb(pid, "VmRSS"))

    def idle(self, felix, seconds):
        before = cpu_seconds(felix.pid)
        time.sleep(seconds)
        self.report("idle", "calico-felix CPU", "ms/s",
                    1000 * (cpu_seconds(felix.pid) - before) / seconds)

    def put_to_kernel(self, samples):
        for gap_ms, suffix in ((QUIET_MS, ""), (BUSY_MS, f", {BUSY_MS} ms apart")):
            for _, unit, took in self.samples("put_to_kernel", "watch", samples, gap_ms):
                for what in ("label", "policy"):
                    self.report("put to kernel", what + suffix, unit, took, "floor")
            for what in ("label", "policy"):
                for _, unit, took in self.samples("put_to_kernel", what, samples, gap_ms):
                    self.report("put to kernel", what + suffix, unit, took)

    def start(self, last, settle, samples):
        events = kernel.NftEvents("/proc/self")
        events.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, EVENTS_BUFFER)
        began = time.monotonic()
        with self.felix() as felix:
            self.cold_start(felix, began, events)
            events.socket.close()
            if last:
                self.idle(felix, settle)
                self.memory("calico-felix", felix.pid)
                self.put_to_kernel(samples)
        forget()

    def bgp(self, settle):
        config, control = f"{WORK}/bird.cfg", f"{WORK}/bird.ctl"
        with server("calico-bgp", [self.programs["calico-bgp"], "-c", config, "-s", control]) as bgp:
            wait.until("calico-bgp to write its configuration", lambda: os.path.exists(config))
            with server("bird", ["bird", "-f", "-c", config, "-s", control]) as bird:
                time.sleep(settle)
                self.memory("calico-bgp", bgp.pid)
                self.memory("BIRD", bird.pid)


    def sizes(self):
        """As a package has them: without debugging symbols."""
        for name, path in sorted(self.programs.items()):
            subprocess.run(["strip", "-o", f"{WORK}/{name}", path], check=True)
            megabytes = os.path.getsize(f"{WORK}/{name}") / 1e6
            print(f"size without libraries: {name}\tours\tMB\t{megabytes:.6f}", flush=True)

    def calicoctl(self, runs):
        for command in ("get nodes", "get wep -A", "get wep -A -o wide", "get wep -A -o yaml",
                        "get wep -A -o json", "get gnp"):
            for name, unit, value in self.samples("command", runs, command,
                                                  self.programs["calicoctl"], *command.split()):
                self.report("calicoctl", name, unit, value)


def forget():
    """What Felix left in the kernel, so that the next start is a cold one."""
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    for i in range(LOCAL_ENDPOINTS):
        for family in ("-4", "-6"):
            subprocess.run(["ip", family, "route", "flush", "dev", f"caliloc{i}"], check=True)
        subprocess.run(["ip", "link", "set", f"caliloc{i}", "group", "0"], check=True)


def main():
    build = sys.argv[1]
    remote, policies, samples, starts, settle = map(int, sys.argv[2:])
    stage = Stage(build, remote, policies)
    prepare()
    with etcd() as datastore:
        wait.until("etcd to answer", lambda: get(2379, "/health") == 200, seconds=20)
        began = time.monotonic()
        stage.samples("load", remote, policies)
        stage.report("load", "all objects put", "s", time.monotonic() - began)
        for number in range(1, starts + 1):
            stage.snapshot()
            stage.start(number == starts, settle, samples)
        stage.memory("etcd", datastore.pid)
        if stage.size == LISTED:
            stage.calicoctl(CALICOCTL_RUNS)
        if stage.size == (0, 1):
            stage.bgp(settle)
            stage.sizes()


if __name__ == "__main__":
    main()
