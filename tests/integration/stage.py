# SPDX-License-Identifier: GPL-2.0-or-later
"""What a policy test needs of a lab: apply resources, know when they are in force, probe, compare.

Whether a change is in force is never guessed by waiting: after it the stage writes a policy of its
own, the fence, and waits until every kernel holds the fence's new rule. The datastore tells
changes in the order in which they were made, so what was written before is in force as well.
"""
import itertools
import json

import yaml

from lab import etcd, namespaces, plan, probe, wait
from lab.core import Options
from lab.lab import Lab

SILENCE = 0.5          # seconds without an answer until a probe counts as not answered
API = "projectcalico.org/v3"
KEYS = "/calico/resources/v3/projectcalico.org/"
PLURALS = {"GlobalNetworkPolicy": "globalnetworkpolicies", "NetworkPolicy": "networkpolicies",
           "GlobalNetworkSet": "globalnetworksets", "NetworkSet": "networksets"}


def resource(kind, name, spec, namespace=None):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


def gnp(name, selector="all()", **spec):
    return resource("GlobalNetworkPolicy", name, {"selector": selector, **spec})


def np(name, selector="all()", namespace="default", **spec):
    return resource("NetworkPolicy", name, {"selector": selector, **spec}, namespace)


def tier(name, order, **spec):
    return resource("Tier", name, {"order": order, **spec})


def profile(name, ingress=(), egress=(), labels=None):
    return resource("Profile", name, {"ingress": list(ingress), "egress": list(egress),
                                      "labelsToApply": labels or {}})


def rule(action, **members):
    return {"action": action, **members}


ALLOW, DENY, PASS = rule("Allow"), rule("Deny"), rule("Pass")

FENCE = "fence"


class Stage:
    """`cast`: workload name -> host index and the arguments of Host.add_workload."""

    def __init__(self, name, bin, cast, hosts=2, env=None, pools=plan.Pools(), profiles=(),
                 core=Options()):
        self.lab = Lab.create(name, bin, pools=pools, env=env, core=core, ipam="static")
        self.applied, self.originals, self.foreign = [], [], set()
        self.serial = itertools.count(1)
        try:
            for _ in range(hosts):
                self.lab.add_host()
            self.hosts = list(self.lab.hosts.values())
            self.calicoctl = self.hosts[0].calicoctl
            self.write("apply", [*profiles, *map(self.fence_endpoint, self.hosts)])
            self.cast = {}
            for member, (index, arguments) in cast.items():
                self.cast[member] = self.hosts[index - 1].add_workload(member, **arguments)
            self.lab.await_ready()
            self.fence()
        except BaseException:
            self.lab.down()
            raise

    def __getitem__(self, member):
        return self.cast[member]

    # -- the datastore

    def write(self, verb, documents):
        if documents:
            self.calicoctl(verb, "-f", "-", input=yaml.safe_dump_all(documents))

    def apply(self, *documents):
        """Writes resources, to be removed by clear(); returns once they are in force."""
        self.applied += [d for d in documents if self.identity(d) not in
                         map(self.identity, self.applied)]
        self.write("apply", documents)
        self.fence()

    def apply_foreign(self, *documents):
        """The same for what the API refuses: a writer that checks nothing puts it into etcd."""
        writer = etcd.Writer(self.lab.room.process, self.lab.access)
        for document in documents:
            kind, namespace, name = self.identity(document)
            key = "/".join(filter(None, [PLURALS[kind], namespace, name]))
            self.foreign.add(key)
            writer.put(KEYS + key, json.dumps(document))
            writer.finish()
        self.fence()

    def delete_foreign(self):
        writer = etcd.Writer(self.lab.room.process, self.lab.access)
        for key in sorted(self.foreign):
            writer.delete(KEYS + key)
            writer.finish()
        self.foreign.clear()

    def change(self, document, original):
        """Writes one that stands already, to be put back by clear()."""
        self.originals.append(original)
        self.write("apply", [document])
        self.fence()

    @staticmethod
    def identity(document):
        return document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"]

    def delete(self, *documents):
        self.write("delete", documents)
        gone = set(map(self.identity, documents))
        self.applied = [d for d in self.applied if self.identity(d) not in gone]
        self.fence()

    def clear(self):
        """Policies go before their tiers."""
        originals, self.originals = self.originals, []
        self.write("apply", originals)
        applied, self.applied = self.applied, []
        self.write("delete", sorted(applied, key=lambda d: d["kind"] == "Tier"))
        foreign = bool(self.foreign)
        self.delete_foreign()
        if originals or applied or foreign:
            self.fence()
        for original in originals:
            if original["kind"] == "FelixConfiguration":
                self.await_host_action(original["spec"]["defaultEndpointToHostAction"])

    def to_host(self, action):
        """DefaultEndpointToHostAction on the first host, where calico-node wrote Return. Felix
        starts anew with it, so what tells is the rule in the kernel."""
        host = self.hosts[0]

        def configuration(value):
            return resource("FelixConfiguration", f"node.{host.name}",
                            {"defaultEndpointToHostAction": value})

        self.change(configuration(action), original=configuration("Return"))
        self.await_host_action(action)

    def await_host_action(self, action):
        wanted = f'{action.lower()} comment "DefaultEndpointToHostAction"'

        def in_force():
            chain = self.hosts[0].run("nft", "list", "chain", "ip", "calico", "cali-host",
                                      check=False)
            return wanted in chain.stdout and self.hosts[0].felix_ready()

        wait.until(f"{action} to be in force", in_force, seconds=20)

    # -- the fence

    def fence_endpoint(self, host):
        """An endpoint that no interface will ever stand for, so that the fence selects nothing
        else."""
        container = plan.container_id(host.name, FENCE)
        address = plan.workload_address(host.facts["index"], 250, 4)
        spec = {"node": host.name, "orchestrator": "cni", "endpoint": "eth0", "workload": FENCE,
                "containerID": container, "interfaceName": plan.interface_name(container),
                "ipNetworks": [address + "/32"]}
        document = resource("WorkloadEndpoint",
                            plan.endpoint_name(host.name, "cni", container, "eth0"), spec,
                            "default")
        document["metadata"]["labels"] = {FENCE: ""}
        return document

    def fence(self):
        port = next(self.serial)
        self.write("apply", [gnp(FENCE, f"has({FENCE})", types=["Ingress"], ingress=[
            rule("Allow", protocol="TCP", destination={"ports": [port]})])])
        for host in self.hosts:
            wait.until(f"change {port} to be in force on {host.name} "
                       f"(see {host.log_directory}/felix.log)",
                       lambda: self.fence_stands(host, port), seconds=15)

    @staticmethod
    def fence_stands(host, port):
        listing = host.run("nft", "list", "chain", "ip", "calico", f"cali-pi-gnp/{FENCE}",
                           check=False).stdout
        return f"tcp dport {port} " in listing

    # -- packets

    def probe(self, source, target, **what):
        """A probe between members of the cast, hosts ("host1") or the room, by name."""
        ends = {**self.cast, **self.lab.hosts, "room": self.lab.room}
        return probe.Probe(ends[source], ends[target], **what)

    def check(self, expected, seconds=SILENCE):
        """expected: {probe: whether it passes}; both sides are tried in one go."""
        results = probe.run(list(expected), seconds)
        wrong = [f"{r} (should {'pass' if expected[r.probe] else 'not pass'})"
                 for r in results if r.passed != expected[r.probe]]
        assert not wrong, "\n".join([*wrong, *map(self.ruleset, self.hosts)])

    @staticmethod
    def ruleset(host):
        return f"\n-- {host.name}\n{host.run('nft', 'list', 'ruleset', check=False).stdout}"

    def sysctl(self, member, values):
        namespaces.set_sysctls(self.cast[member].process, values)
