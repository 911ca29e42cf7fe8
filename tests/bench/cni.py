# SPDX-License-Identifier: GPL-2.0-or-later
"""The CNI plugins: ADD and DEL, one after another and sixteen at a time.

Usage: cni.py BUILD CALLS PARALLEL-CALLS HOSTS
Runs in network, mount and PID namespaces of its own, with etcd's data in RAM. HOSTS other hosts have
a block each, so that a plugin which reads them all would be seen. The floor: one process that makes
the same link, addresses and routes (`ip -batch`), and its deletion.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.bench import cluster  # noqa: E402

PREFIX = "/calico/resources/v3/projectcalico.org/"
META = {"uid": "e9b1fe87-afd4-41ab-8b0a-8a3d9ebef9a1", "creationTimestamp": "2026-03-01T10:00:00Z"}
POOL = {"cidr": "10.64.0.0/12", "vxlanMode": "Never", "ipipMode": "Never", "blockSize": 26,
        "nodeSelector": "all()", "allowedUses": ["Workload", "Tunnel"],
        "assignmentMode": "Automatic"}
AT_A_TIME = 16
NEW_BLOCKS = 10  # calls that each find a host without a block


def resource(kind, plural, name, spec):
    return (PREFIX + f"{plural}/{name}",
            {"kind": kind, "apiVersion": "projectcalico.org/v3",
             "metadata": {"name": name, **META}, "spec": spec})


def block(i):
    """That of another host, with one address given out."""
    cidr = f"10.64.{i // 4}.{i % 4 * 64}/26"
    name, host = cidr.replace("/", "-"), f"other{i}"
    yield (f"/calico/ipam/v2/assignment/ipv4/block/{name}",
           {"cidr": cidr, "affinity": f"host:{host}", "allocations": [0] + [None] * 63,
            "unallocated": list(range(1, 64)),
            "attributes": [{"handle_id": f"net.{host}", "secondary": {"node": host}}],
            "sequenceNumber": 1, "sequenceNumberForAllocation": {"0": 0}, "deleted": False})
    yield f"/calico/ipam/v2/host/{host}/ipv4/block/{name}", {"state": "confirmed", "deleted": False}
    yield f"/calico/ipam/v2/handle/net.{host}", {"block": {cidr: 1}, "deleted": False}


def fill(hosts):
    pairs = [resource("ClusterInformation", "clusterinformations", "default",
                      {"datastoreReady": True}),
             resource("IPPool", "ippools", "p", POOL)]
    pairs += [resource("Node", "nodes", f"h{i}", {}) for i in range(NEW_BLOCKS + 1)]
    for i in range(hosts):
        pairs += block(i)
    lines = "".join(f"put {key}\n{json.dumps(value)}\n" for key, value in pairs)
    load(lines)


def load(lines):
    """Through etcd's JSON gateway, a hundred keys a transaction."""
    import base64
    import http.client
    connection = http.client.HTTPConnection("127.0.0.1", 2379)
    words = lines.splitlines()
    puts = [{"requestPut": {"key": base64.b64encode(key[4:].encode()).decode(),
                            "value": base64.b64encode(value.encode()).decode()}}
            for key, value in zip(words[::2], words[1::2])]
    for i in range(0, len(puts), 100):
        connection.request("POST", "/v3/kv/txn", json.dumps({"success": puts[i:i + 100]}))
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status


def namespaces(n):
    commands = "".join(f"netns add b{i}\n" for i in range(n))
    subprocess.run(["ip", "-batch", "-"], input=commands, text=True, check=True)


def configuration(path, node):
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"cniVersion": "1.0.0", "name": "net1", "type": "calico",
                   "datastore_type": "etcdv3", "etcd_endpoints": cluster.ETCD, "nodename": node,
                   "nodename_file_optional": True, "log_level": "error",
                   "ipam": {"type": "calico-ipam"}}, f)
    return path


def wiring(first, n):
    """What the floor does for each container, in the container's namespace."""
    for i in range(first, first + n):
        commands = [f"link add eth0 type veth peer name cali{i} address ee:ee:ee:ee:ee:ee "
                    "netns 1", "link set eth0 up",
                    "route add 169.254.1.1 dev eth0 scope link",
                    "route add default via 169.254.1.1 dev eth0",
                    f"addr add 10.1.{i // 250}.{i % 250}/32 dev eth0"]
        for name, lines in (("add", commands), ("del", ["link del eth0"])):
            with open(f"/run/bench/wire-{name}.{i}", "w", encoding="utf-8") as f:
                f.write("\n".join(lines) + "\n")


class Plugin:
    def __init__(self, build):
        self.build, self.first = build, 0

    def run(self, name, verb, calls, at_a_time, conf, first=None, program=None):
        program = program or f"{self.build}/src/cni/calico"
        done = subprocess.run(
            [f"{self.build}/tests/bench/bench_plugin", f"CNI: {name}", verb, str(calls),
             str(at_a_time), str(self.first if first is None else first), program, conf],
            stdout=subprocess.PIPE, text=True, check=True)
        print(done.stdout, end="", flush=True)

    def pair(self, what, calls, at_a_time, conf):
        """ADDs, then the DELs of the same containers; each on the floor as well."""
        self.run(f"ADD, {what}", "ADD", calls, at_a_time, conf)
        self.run(f"DEL, {what}", "DEL", calls, at_a_time, conf)
        for name, verb in (("add", "ADD"), ("del", "DEL")):
            self.run(f"{verb}, {what}", "wire", calls, at_a_time, f"/run/bench/wire-{name}",
                     program="/usr/sbin/ip")


def main():
    build, calls, parallel, hosts = sys.argv[1], *map(int, sys.argv[2:5])
    cluster.prepare()
    os.makedirs("/run/netns")
    with cluster.etcd():
        cluster.wait.until("etcd to answer", lambda: cluster.get(2379, "/health") == 200)
        fill(hosts)
        namespaces(max(calls, parallel))
        wiring(0, max(calls, parallel))
        plugin = Plugin(build)
        conf = configuration("/run/bench/h0.json", "h0")
        plugin.run("warm up", "ADD", 1, 1, conf)
        plugin.run("warm up", "DEL", 1, 1, conf)
        plugin.pair("block exists", calls, 1, conf)
        plugin.pair(f"{AT_A_TIME} at a time", parallel, AT_A_TIME, conf)
        for i in range(NEW_BLOCKS):
            conf = configuration("/run/bench/new.json", f"h{i + 1}")
            plugin.run("ADD, first of its host", "ADD", 1, 1, conf)
            plugin.run("DEL, last of its host", "DEL", 1, 1, conf)


if __name__ == "__main__":
    main()
