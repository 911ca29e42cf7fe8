# SPDX-License-Identifier: GPL-2.0-or-later
"""Random policy, real packets, and the evaluator's word on each of them.

The evaluator reads what stands in etcd, with no index and no state; Felix follows changes. Each
round changes a few objects and then tries everything between all workloads. SEED=n repeats a run,
ROUNDS=n makes it longer.
"""
import os
import random

import pytest

from lab import probe
from oracle import ask_oracle
from stage import ALLOW, SILENCE, gnp, np, profile, resource, rule, tier

COLOURS, SIZES = ("red", "green", "blue"), ("s", "l")
PORTS = [{"name": name, "protocol": protocol, "port": port}
         for name, protocol, port in (("web", "TCP", 80), ("alt", "TCP", 81), ("dns", "UDP", 80))]
PROFILES = [profile("open", [ALLOW], [ALLOW]), profile("shut", [], []),
            profile("half", [rule("Allow", protocol="TCP")], [ALLOW], {"size": "s"})]

# What each pair of workloads tries, per family.
TRIES = [("tcp", 80), ("tcp", 81), ("udp", 80), ("icmp", 0)]


def cast(seed):
    r = random.Random(seed)
    return {f"w{i}": (1 + i % 2, {
        "labels": labels(r), "profiles": r.sample(["open", "shut", "half"], r.randint(0, 2)),
        "namespace": r.choice(["default", "blue"]),
        "spec": {"ports": r.sample(PORTS, r.randint(0, 3))}})
        for i in range(6)}


def labels(r):
    chosen = {"colour": r.choice(COLOURS)}
    if r.random() < 0.6:
        chosen["size"] = r.choice(SIZES)
    return chosen


def selector(r):
    return r.choice([
        "all()", "has(size)", "!has(size)", f"colour == '{r.choice(COLOURS)}'",
        f"colour != '{r.choice(COLOURS)}'", f"size == '{r.choice(SIZES)}'",
        f"colour in {{'{r.choice(COLOURS)}', '{r.choice(COLOURS)}'}}",
        f"colour == '{r.choice(COLOURS)}' && has(size)",
        f"colour == '{r.choice(COLOURS)}' || size == '{r.choice(SIZES)}'"])


NETS = {4: ["10.65.1.0/24", "10.65.2.0/24", "10.65.1.1/32", "10.65.2.2/31", "0.0.0.0/0"],
        6: ["fd00:65::1:0/112", "fd00:65::2:0/112", "fd00:65::1:1/128"]}


def side(r, family, ports):
    """The source or destination of a rule."""
    s = {}
    if r.random() < 0.4:
        s["selector"] = selector(r)
    if r.random() < 0.15:
        s["notSelector"] = selector(r)
    if r.random() < 0.15:
        s["namespaceSelector"] = r.choice(["all()", "global()", "projectcalico.org/name == 'blue'"])
    if r.random() < 0.2:
        s["nets"] = r.sample(NETS[family], r.randint(1, 2))
    if r.random() < 0.1:
        s["notNets"] = r.sample(NETS[family][:3], r.randint(1, 2))  # all but "everything"
    if ports and r.random() < 0.5:
        s["ports"] = r.sample([80, 81, "79:82", "web", "alt", "dns"], r.randint(1, 3))
    if ports and r.random() < 0.15:
        s["notPorts"] = r.sample([80, "81:90", "web"], r.randint(1, 2))
    return s


def random_rule(r):
    family = r.choice((4, 6))
    members = {}
    protocol = r.choice([None, "TCP", "TCP", "UDP", "ICMP", "ICMPv6"])
    if protocol:
        members["protocol"] = protocol
    elif r.random() < 0.2:
        members["notProtocol"] = r.choice(["TCP", "UDP"])
    if protocol == "ICMP" and r.random() < 0.5:
        members[r.choice(["icmp", "notICMP"])] = {"type": r.choice([8, 13])}
    if r.random() < 0.1 and protocol not in ("ICMP", "ICMPv6"):
        members["ipVersion"] = family
    members["source"] = side(r, family, False)
    members["destination"] = side(r, family, protocol in ("TCP", "UDP"))
    members = {k: v for k, v in members.items() if v}
    action = r.choice(["Allow", "Allow", "Allow", "Deny", "Pass", "Log"])
    return rule(action, **members)


def random_policy(r, number):
    tier_name = r.choice(["default", "default", "first", "last"])
    spec = {"tier": tier_name, "order": r.choice([1, 2, 2, 3.5]),
            "types": r.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]])}
    for direction in spec["types"]:
        spec[direction.lower()] = [random_rule(r) for _ in range(r.randint(0, 4))]
    name = f"p{number}" if tier_name == "default" else f"{tier_name}.p{number}"
    if r.random() < 0.3:
        return np(name, selector(r), namespace=r.choice(["default", "blue"]), **spec)
    return gnp(name, selector(r), **spec)


def random_set(r, number):
    document = resource("GlobalNetworkSet", f"set{number}",
                        {"nets": r.sample(NETS[4][:4] + NETS[6], r.randint(1, 4))})
    document["metadata"]["labels"] = labels(r)
    return document


class World:
    """What the test wrote, by a slot each, so that a round can replace or remove some of it."""

    def __init__(self, stage, r):
        self.stage, self.r, self.slots = stage, r, {}

    def change(self):
        r = self.r
        for _ in range(r.randint(1, 4)):
            what = r.choice(["policy", "policy", "policy", "set", "labels", "tier"])
            getattr(self, "change_" + what)(r)

    def put(self, slot, document):
        """None: the slot becomes empty."""
        old = self.slots.pop(slot, None)
        if old and (not document or self.stage.identity(old) != self.stage.identity(document)):
            self.stage.write("delete", [old])
        if document:
            self.slots[slot] = document
            self.stage.write("apply", [document])

    def change_policy(self, r):
        number = r.randrange(8)
        self.put(f"policy{number}", random_policy(r, number) if r.random() < 0.8 else None)

    def change_set(self, r):
        number = r.randrange(3)
        self.put(f"set{number}", random_set(r, number) if r.random() < 0.7 else None)

    def change_labels(self, r):
        document = r.choice(list(self.stage.cast.values())).endpoint()
        document["metadata"]["labels"] = labels(r)
        self.stage.write("apply", [document])

    def change_tier(self, r):
        name = r.choice(["first", "last"])
        self.stage.write("apply", [tier(name, {"first": 10, "last": 2000000}[name],
                                        defaultAction=r.choice(["Deny", "Pass"]))])


SEED = int(os.environ.get("SEED") or random.randrange(1 << 30))
ROUNDS = int(os.environ.get("ROUNDS") or 15)


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(cast(SEED), profiles=PROFILES)


def test_packets_agree_with_the_evaluator(stage):
    world = World(stage, random.Random(SEED))
    stage.apply(tier("first", 10), tier("last", 2000000))
    ends = list(stage.cast.values())
    probes = [probe.Probe(a, b, family, protocol, port) for a in ends for b in ends if a is not b
              for family in (4, 6) for protocol, port in TRIES]
    passed = denied = 0
    try:
        for number in range(ROUNDS):
            world.change()
            stage.fence()
            answers = ask_oracle(stage.lab.room.process, probes)
            results = probe.run(probes, SILENCE)
            wrong = [f"{result}, but the evaluator says: {answer}"
                     for result, answer in zip(results, answers)
                     if result.passed != answer.startswith("allow")]
            assert not wrong, f"SEED={SEED}, round {number}:\n" + "\n".join(wrong[:20])
            passed += sum(r.passed for r in results)
            denied += sum(not r.passed for r in results)
        assert passed and denied
    finally:
        stage.applied += world.slots.values()
