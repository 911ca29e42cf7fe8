#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""calico-ipam against a real etcd: in parallel, killed at every call, many times, and counted.

    ipam_live.py CALICO_IPAM [--cycles N]

Makes namespaces of its own, in which /run and /var/lib are empty.
"""

import argparse
import concurrent.futures
import ipaddress
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from etcd import Etcd  # noqa: E402
from ipam_vectors import clean, own_namespaces  # noqa: E402
from relay import Relay  # noqa: E402
from vectors import conclude  # noqa: E402

RESOURCES = "/calico/resources/v3/projectcalico.org/"
BLOCKS, HANDLES = "/calico/ipam/v2/assignment/", "/calico/ipam/v2/handle/"
HOSTS = ["h1", "h2", "h3"]
TURNS = 15      # of each runtime in the test of everything at once
MAX_CALLS = 40  # more than any run of the plugin needs

checks, failures = [], []


def expect(what, got, want):
    checks.append(what)
    if got != want:
        failures.append(what)
        print(f"FAILED {what}\n  got  {got!r}\n  want {want!r}", flush=True)


def cluster(pools):
    def resource(kind, plural, name, spec):
        value = {"kind": kind, "apiVersion": "projectcalico.org/v3",
                 "metadata": {"name": name, "uid": "e9b1fe87-afd4-41ab-8b0a-8a3d9ebef9a1",
                              "creationTimestamp": "2026-03-01T10:00:00Z"}, "spec": spec}
        return RESOURCES + f"{plural}/{name}", json.dumps(value)
    pairs = [resource("ClusterInformation", "clusterinformations", "default",
                      {"clusterGUID": "0" * 32, "datastoreReady": True})]
    pairs += [resource("Node", "nodes", host, {}) for host in HOSTS]
    for number, (cidr, size) in enumerate(pools):
        pairs.append(resource("IPPool", "ippools", f"p{number}", {
            "cidr": cidr, "vxlanMode": "Never", "ipipMode": "Never", "blockSize": size,
            "nodeSelector": "all()", "allowedUses": ["Workload", "Tunnel"],
            "assignmentMode": "Automatic"}))
    return dict(pairs)


V4 = [("10.80.0.0/24", 29)]
BOTH = V4 + [("fd00:80::/120", 125)]


class Plugin:
    def __init__(self, program, url):
        self.program = program
        self.url = url

    def start(self, verb, container, host="h1", ipam=None, args="", **config):
        config = {"cniVersion": "1.0.0", "name": "net1", "type": "calico", "datastore_type": "etcdv3",
                  "etcd_endpoints": self.url, "nodename": host, "nodename_file_optional": True,
                  "log_level": "error", "ipam_lock_file": f"/run/calico/{host}.lock",
                  "ipam": dict({"type": "calico-ipam"}, **(ipam or {})), **config}
        env = {"PATH": os.environ["PATH"], "CNI_COMMAND": verb, "CNI_CONTAINERID": container,
               "CNI_NETNS": "x", "CNI_IFNAME": "eth0", "CNI_PATH": "/x", "CNI_ARGS": args}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        process = subprocess.Popen([self.program], env=env, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        process.stdin.write(json.dumps(config))
        process.stdin.close()
        process.stdin = None
        return process

    def run(self, verb, container, host="h1", ipam=None, args="", **config):
        """Returns the exit status and the addresses, or the output."""
        code, out = self.finish(self.start(verb, container, host, ipam, args, **config))
        if code == 0 and out:
            return 0, [i["address"].split("/")[0] for i in json.loads(out).get("ips", [])]
        return code, out

    @staticmethod
    def finish(process):
        out, err = process.communicate(timeout=120)
        if "Sanitizer" in err or process.returncode < 0:
            raise RuntimeError(err)
        return process.returncode, out


# ---- what must hold in etcd whenever nobody is at work


def ipam_state(etcd):
    return {k: json.loads(v) for k, (v, _) in etcd.read().items() if k.startswith("/calico/ipam/")}


def allocations(state):
    """handle -> addresses"""
    found = {}
    for key, block in state.items():
        if key.startswith(BLOCKS):
            base = ipaddress.ip_network(block["cidr"])[0]
            for ordinal, index in enumerate(block["allocations"]):
                if index is not None:
                    handle = block["attributes"][index].get("handle_id", "")
                    found.setdefault(handle, []).append(str(base + ordinal))
    return found


def faults(state):
    """Breaches of what datamodel 6.3, 6.6 and 6.8 promise after a crash anywhere."""
    wrong = []
    counts = {}
    for key, block in state.items():
        if not key.startswith(BLOCKS):
            continue
        size = ipaddress.ip_network(block["cidr"]).num_addresses
        taken = [o for o, i in enumerate(block["allocations"]) if i is not None]
        if sorted(taken + block["unallocated"]) != list(range(size)):
            wrong.append(f"{key}: lists do not add up")
        if block["affinity"]:
            host = block["affinity"].split(":")[1]
            family = "ipv4" if "." in block["cidr"] else "ipv6"
            own = f"/calico/ipam/v2/host/{host}/{family}/block/{block['cidr'].replace('/', '-')}"
            if own not in state:
                wrong.append(f"{key}: {host} has no affinity")
        for ordinal in taken:
            handle = block["attributes"][block["allocations"][ordinal]].get("handle_id")
            counts.setdefault(handle, {}).setdefault(block["cidr"], 0)
            counts[handle][block["cidr"]] += 1
    for handle, blocks in counts.items():
        recorded = state.get(HANDLES + handle, {"block": {}})["block"]
        for cidr, n in blocks.items():
            if recorded.get(cidr, 0) < n:
                wrong.append(f"handle {handle} counts {recorded.get(cidr, 0)} of {n} in {cidr}")
    return wrong


# ---- many at once


def many(plugin, verb, lock):
    """32 calls at once, from three hosts."""
    def one(i):
        config = {"ipam_lock_file": f"/run/calico/{i}.lock"} if not lock else {}
        return plugin.run(verb, f"c{i}", HOSTS[i % 3], **config)
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        return list(pool.map(one, range(32)))


def check_parallel(plugin, etcd, what, block, lock):
    etcd.fill(cluster([("10.80.0.0/26", block)]))
    clean()
    answers = many(plugin, "ADD", lock)
    expect(f"{what}: 32 parallel ADDs from three hosts succeed", [a for a in answers if a[0] != 0], [])
    got = [address for _, addresses in answers for address in addresses]
    expect(f"{what}: each has one address, all different", len(set(got)), 32)
    state = ipam_state(etcd)
    expect(f"{what}: what etcd says is what they got", allocations(state),
           {f"net1.c{i}": answers[i][1] for i in range(32)})
    expect(f"{what}: nothing is broken after it", faults(state), [])
    expect(f"{what}: 32 parallel DELs succeed", set(many(plugin, "DEL", lock)), {(0, "")})
    state = ipam_state(etcd)
    expect(f"{what}: all are free again", allocations(state), {})
    expect(f"{what}: no handle is left", [k for k in state if k.startswith(HANDLES)], [])


def test_parallel(plugin, etcd):
    check_parallel(plugin, etcd, "blocks of eight", 29, True)
    # All of them write the one block, two hosts borrow, and no lock keeps a host's plugins apart.
    check_parallel(plugin, etcd, "one block, no lock", 26, False)


# ---- killed, or cut off, at each call


class Trouble:
    """Kills a plugin at its n-th call, or cuts its connection, before or after etcd has done it."""

    def __init__(self, port, kill):
        self.kill = kill
        self.name = "killed" if kill else "cut off"
        self.process = None
        self.started = threading.Event()
        self.at, self.after, self.hit = 0, False, False
        self.relay = Relay(port, self._call, self._answer)

    def _strike(self):
        self.started.wait()
        self.hit = True
        if self.kill:
            self.process.send_signal(signal.SIGKILL)
        return True

    def _call(self, number):
        return number == self.at and not self.after and self._strike()

    def _answer(self, number):
        return number == self.at and self.after and self._strike()

    def run(self, program, at, after, verb, ipam, container="c1", host="h1"):
        """Whether it came to that, and what the plugin said."""
        self.relay.reset()
        self.at, self.after, self.hit = at, after, False
        self.started.clear()
        self.process = Plugin(program, self.relay.url).start(verb, container, host, ipam)
        self.started.set()
        out, err = self.process.communicate(timeout=60)
        if "Sanitizer" in err:
            raise RuntimeError(err)
        return self.hit, self.process.returncode, out


def check_after(what, plugin, etcd, n, ipam):
    """DEL and ADD must work as if nothing had been."""
    expect(what + ", nothing is broken", faults(ipam_state(etcd)), [])
    expect(what + ", DEL", plugin.run("DEL", "c1", ipam=ipam), (0, ""))
    state = ipam_state(etcd)
    expect(what + ", DEL leaves nothing of it",
           [allocations(state).get("net1.c1"), state.get(HANDLES + "net1.c1")], [None, None])
    code, got = plugin.run("ADD", "c1", ipam=ipam)
    expect(what + ", ADD", (code, len(got)), (0, n))
    state = ipam_state(etcd)
    expect(what + ", it has these addresses", allocations(state).get("net1.c1"), got)
    expect(what + ", nothing is broken at the end", faults(state), [])


def trouble_everywhere(plugin, etcd, trouble, verb, pools, ipam, warm):
    """Trouble at every call of `verb` in turn."""
    where = f"{verb} with {len(pools)} pools{' after others' if warm else ''}"
    count = 0
    for at in range(1, MAX_CALLS):
        hits = 0
        for after in (False, True):
            what = f"{where}: {trouble.name} {'after' if after else 'before'} call {at}"
            etcd.fill(cluster(pools))
            clean()
            if warm:
                plugin.run("ADD", "other")
            if verb == "DEL":
                plugin.run("ADD", "c1", ipam=ipam)
            hit, code, out = trouble.run(plugin.program, at, after, verb, ipam)
            if not hit:
                continue
            hits += 1
            if verb == "ADD" and code == 0:
                got = [i["address"].split("/")[0] for i in json.loads(out)["ips"]]
                expect(what + ", but it succeeds", allocations(ipam_state(etcd))["net1.c1"], got)
            elif code > 0:
                expect(what + ", says to try again", json.loads(out)["code"], 11)
            check_after(what, plugin, etcd, len(pools), ipam)
        if not hits:
            break
        count += hits
    expect(f"{where}: it was {trouble.name} somewhere", count > 0, True)
    return count


def test_trouble(plugin, etcd, kill):
    trouble = Trouble(etcd.port, kill)
    both = {"assign_ipv6": "true"}
    total = trouble_everywhere(plugin, etcd, trouble, "ADD", V4, {}, False)
    total += trouble_everywhere(plugin, etcd, trouble, "ADD", V4, {}, True)
    total += trouble_everywhere(plugin, etcd, trouble, "ADD", BOTH, both, False)
    total += trouble_everywhere(plugin, etcd, trouble, "DEL", BOTH, both, False)
    print(f"{trouble.name} {total} times", flush=True)
    trouble.relay.close()


# ---- everything at once


class Holders:
    """Who was told that it has an address, and was not told to give it back."""

    def __init__(self):
        self.lock = threading.Lock()
        self.of = {}
        self.doubles = []

    def take(self, container, addresses):
        with self.lock:
            for address in addresses:
                if address in self.of:
                    self.doubles.append(f"{address}: {self.of[address]} and {container}")
                self.of[address] = container

    def give(self, container):
        with self.lock:
            self.of = {a: c for a, c in self.of.items() if c != container}


def live_and_die(plugin, etcd, holders, seed):
    """A host's runtime with bad luck: some plugins die or lose etcd at some call; DEL follows."""
    rng = random.Random(seed)
    troubles = [Trouble(etcd.port, True), Trouble(etcd.port, False)]
    wrong = []

    def call(verb, container):
        host = rng.choice(HOSTS)
        if rng.random() < 0.5:
            _, code, out = rng.choice(troubles).run(plugin.program, rng.randint(1, 20),
                                                    rng.random() < 0.5, verb, {}, container, host)
        else:
            code, out = plugin.finish(plugin.start(verb, container, host))
        return code, out
    for turn in range(TURNS):
        container = f"s{seed}n{turn}"
        code, out = call("ADD", container)
        if code == 0:
            holders.take(container, [i["address"].split("/")[0] for i in json.loads(out)["ips"]])
        if code != 0 or rng.random() < 0.6:
            holders.give(container)
            for _ in range(20):
                if call("DEL", container)[0] == 0:
                    break
            else:
                wrong.append(f"{container} cannot be deleted")
    for trouble in troubles:
        trouble.relay.close()
    return wrong


def test_chaos(plugin, etcd):
    seed = int(os.environ.get("SEED") or time.time_ns() % 10 ** 9)
    print(f"SEED={seed}", flush=True)
    etcd.fill(cluster([("10.80.0.0/27", 30)]))
    clean()
    holders = Holders()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(live_and_die, plugin, etcd, holders, seed + i) for i in range(6)]
        wrong = [w for job in jobs for w in job.result()]
    expect("every DEL works in the end", wrong, [])
    expect("no address has two owners", holders.doubles, [])
    state = ipam_state(etcd)
    expect("etcd knows the owners", {a: f"net1.{c}" for a, c in holders.of.items()},
           {a: h for h, addresses in allocations(state).items() for a in addresses})
    expect("nothing is broken after it", faults(state), [])
    for container in set(holders.of.values()):
        plugin.run("DEL", container)
    state = ipam_state(etcd)
    expect("all can be given back", [allocations(state), [k for k in state if k.startswith(HANDLES)]],
           [{}, []])


# ---- many times


def settled(state):
    """Without what every use of a block changes: the order of its free list, its number."""
    result = json.loads(json.dumps(state))
    for key, block in result.items():
        if key.startswith(BLOCKS):
            block["unallocated"].sort()
            block.pop("sequenceNumber")
    return result


def test_cycles(plugin, etcd, cycles):
    etcd.fill(cluster(BOTH))
    clean()
    ipam = {"assign_ipv6": "true"}
    plugin.run("ADD", "first", ipam=ipam)
    plugin.run("DEL", "first", ipam=ipam)
    before = settled(ipam_state(etcd))
    for i in range(cycles):
        code, got = plugin.run("ADD", f"c{i}", ipam=ipam)
        if (code, len(got)) != (0, 2):
            expect(f"ADD number {i}", (code, got), (0, "two addresses"))
        if plugin.run("DEL", f"c{i}", ipam=ipam) != (0, ""):
            expect(f"DEL number {i}", False, True)
    expect(f"{cycles} ADDs and DELs leave etcd as it was", settled(ipam_state(etcd)), before)


# ---- the verbs beyond what upstream has


def error_of(answer):
    code, out = answer
    return code, json.loads(out)["code"] if code else None


def test_status(plugin, etcd):
    def status(plugin=plugin, **ipam):
        return error_of(plugin.run("STATUS", "", ipam=ipam, cniVersion="1.1.0"))
    etcd.fill(cluster(V4))
    clean()
    expect("STATUS with a pool", status(), (0, None))
    expect("STATUS without one of a wanted family", status(assign_ipv6="true"), (1, 50))
    etcd.fill(cluster([]))
    expect("STATUS without pools", status(), (1, 50))
    expect("STATUS, no family wanted", status(assign_ipv4="false"), (0, None))
    expect("STATUS without etcd", status(Plugin(plugin.program, "http://127.0.0.1:9")), (1, 50))
    expect("STATUS in a version without it", error_of(plugin.run("STATUS", "")), (1, 1))


def test_check(plugin, etcd):
    etcd.fill(cluster(BOTH))
    clean()
    _, got = plugin.run("ADD", "c1", ipam={"assign_ipv6": "true"})
    prev = {"cniVersion": "1.0.0", "ips": [{"address": f"{a}/{128 if ':' in a else 32}"} for a in got]}
    expect("CHECK", plugin.run("CHECK", "c1", prevResult=prev), (0, ""))
    expect("CHECK of another's", error_of(plugin.run("CHECK", "c2", prevResult=prev)), (1, 101))
    prev["ips"][1]["address"] = "fd00:80::ff/128"
    expect("CHECK of another address", error_of(plugin.run("CHECK", "c1", prevResult=prev)), (1, 101))
    plugin.run("DEL", "c1")
    expect("CHECK after DEL", error_of(plugin.run("CHECK", "c1", prevResult=prev)), (1, 101))


def test_collect(plugin, etcd):
    etcd.fill(cluster(BOTH))
    clean()
    both = {"assign_ipv6": "true"}
    for container, host, name in (("c1", "h1", "net1"), ("c2", "h1", "net1"), ("c3", "h2", "net1"),
                                  ("c4", "h1", "net2"), ("c5", "h1", "net1.x")):
        plugin.run("ADD", container, host, ipam=both, name=name)
    # Given out after the collection began, as far as the clocks tell.
    plugin.run("ADD", "young", ipam=both)
    for key, (value, _) in etcd.read().items():
        if "net1.young" in value:
            block = json.loads(value)
            for attr in block["attributes"]:
                if attr["handle_id"] == "net1.young":
                    attr["secondary"]["timestamp"] = "2999-01-01 00:00:00 +0000 UTC"
            etcd.put(key, json.dumps(block))
    alive = [{"containerID": "c1", "ifname": "eth0"}]
    config = {"cniVersion": "1.1.0", "cni.dev/valid-attachments": alive}
    expect("GC", plugin.run("GC", "", "h1", **config), (0, ""))
    state = ipam_state(etcd)
    kept = ["net1.c1", "net1.c3", "net1.x.c5", "net1.young", "net2.c4"]
    expect("only this network's dead containers on this node lose their addresses",
           sorted(allocations(state)), kept)
    expect("and their handles", sorted(k[len(HANDLES):] for k in state if k.startswith(HANDLES)), kept)
    expect("GC leaves nothing broken", faults(state), [])
    config["cni.dev/valid-attachments"] = []
    expect("GC of all", plugin.run("GC", "", "h1", **config), (0, ""))
    expect("the rest is there", sorted(allocations(ipam_state(etcd))), kept[1:])
    expect("GC without a list", error_of(plugin.run("GC", "", "h1", cniVersion="1.1.0")), (1, 7))


def test_pods(plugin, etcd):
    etcd.fill(cluster(V4))
    clean()
    pod = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0"
    _, got = plugin.run("ADD", "c1", args=pod)
    block = next(v for k, v in ipam_state(etcd).items() if k.startswith(BLOCKS))
    attrs = block["attributes"][0]["secondary"]
    expect("the owner's attributes", [list(attrs), attrs["namespace"], attrs["pod"], attrs["node"]],
           [["namespace", "node", "pod", "timestamp"], "shop", "web-0", "h1"])
    # As a plugin of long ago would have recorded it.
    for key, (value, _) in etcd.read().items():
        if key == HANDLES + "net1.c1":
            etcd.delete(key)
            etcd.put(HANDLES + "shop.web-0", value)
        elif key.startswith(BLOCKS):
            etcd.put(key, value.replace("net1.c1", "shop.web-0"))
    expect("DEL of another pod", plugin.run("DEL", "c1", args=pod.replace("web-0", "web-1")), (0, ""))
    expect("leaves it", allocations(ipam_state(etcd)), {"shop.web-0": got})
    expect("DEL of a pod with a legacy handle", plugin.run("DEL", "c1", args=pod), (0, ""))
    expect("frees it", allocations(ipam_state(etcd)), {})
    code, out = plugin.run("ADD", "c1", args=pod, policy={"type": "k8s"})
    expect("what needs Kubernetes says so", (code, "no Kubernetes client" in out), (1, True))
    expect("and takes nothing", allocations(ipam_state(etcd)), {})


def test_all_or_nothing(plugin, etcd):
    etcd.fill(cluster(V4))
    clean()
    code, out = plugin.run("ADD", "c1", ipam={"assign_ipv6": "true"})
    expect("no pool of one family", (code, json.loads(out)["msg"]), (1, "cannot find a qualified ippool"))
    state = ipam_state(etcd)
    expect("takes none of the other", [allocations(state), HANDLES + "net1.c1" in state], [{}, False])
    both = {"assign_ipv6": "true"}
    etcd.fill(cluster(V4 + [("fd00:80::/127", 127)]))
    clean()
    _, first = plugin.run("ADD", "c1", ipam=both)
    plugin.run("ADD", "c2", ipam=both)
    before = settled(ipam_state(etcd))
    code, out = plugin.run("ADD", "c3", ipam=both)
    expect("the pools of one family full", (code, json.loads(out)["msg"]),
           (1, "failed to request IPv6 addresses: Assigned 0 out of 1 requested IPv6 addresses; "
            "No IPs available in pools: [fd00:80::/127]"))
    expect("the address of the other is given back", settled(ipam_state(etcd)), before)
    expect("when there is room again", [plugin.run("DEL", "c1"), plugin.run("ADD", "c3", ipam=both)[1][1]],
           [(0, ""), first[1]])
    for version in ("0.2.0", "0.3.1", "1.1.0"):
        expect(f"result of {version}", plugin.start("ADD", f"v{version}", cniVersion=version).wait(), 0)
    code, out = plugin.run("ADD", "c4", args="IP=10.80.0.9", ipam=both)
    expect("a requested address counts alone", (code, out), (0, ["10.80.0.9"]))


def test_flags(plugin, etcd):
    def call(*args):
        done = subprocess.run([plugin.program] + list(args), capture_output=True, text=True)
        return done.returncode, bool(done.stdout), "Kubernetes" in done.stderr
    expect("-v", call("-v")[:2], (0, True))
    expect("-upgrade says what it lacks", call("-upgrade"), (1, False, True))
    expect("an unknown flag", call("-x")[0], 2)


# ---- round trips


def test_round_trips(plugin, etcd):
    relay = Relay(etcd.port)
    through = Plugin(plugin.program, relay.url)

    def trips(*args, **rest):
        relay.reset()
        code, _ = through.run(*args, **rest)
        return code, relay.depth, relay.calls
    etcd.fill(cluster(V4))
    clean()
    print("first address of a host (status, round trips, calls):", trips("ADD", "c0"))
    code, depth, calls = trips("ADD", "c1")
    expect("an address costs two round trips with a hint", (code, depth), (0, 2))
    print("with a hint:", calls, "calls")
    clean()
    code, depth, calls = trips("ADD", "c2")
    expect("an address costs three round trips without a hint", (code, depth), (0, 3))
    print("without a hint:", calls, "calls")
    code, depth, calls = trips("DEL", "c1")
    expect("a release costs two round trips", (code, depth), (0, 2))
    print("release:", calls, "calls")
    relay.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--cycles", type=int, default=50)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    own_namespaces()
    with tempfile.TemporaryDirectory() as top:
        etcd = Etcd(top, 2379)
        plugin = Plugin(os.path.abspath(options.program), etcd.url)
        try:
            tests = {"parallel": lambda: test_parallel(plugin, etcd),
                     "killed": lambda: test_trouble(plugin, etcd, True),
                     "cut off": lambda: test_trouble(plugin, etcd, False),
                     "chaos": lambda: test_chaos(plugin, etcd),
                     "cycles": lambda: test_cycles(plugin, etcd, options.cycles),
                     "status": lambda: test_status(plugin, etcd),
                     "check": lambda: test_check(plugin, etcd),
                     "collect": lambda: test_collect(plugin, etcd),
                     "pods": lambda: test_pods(plugin, etcd),
                     "all or nothing": lambda: test_all_or_nothing(plugin, etcd),
                     "flags": lambda: test_flags(plugin, etcd),
                     "round trips": lambda: test_round_trips(plugin, etcd)}
            for name, test in tests.items():
                if options.only in name:
                    try:
                        test()
                    except Exception:  # pylint: disable=broad-except
                        expect(f"{name} runs", traceback.format_exc(), "")
        finally:
            etcd.stop()
    conclude(len(checks) - len(failures), len(failures))
    return 1 if failures or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
