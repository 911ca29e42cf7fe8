#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What calicoctl and calico-node store, byte for byte, against worked examples of the data model.

    worked.py CALICOCTL VECTORS CALICO_NODE

VECTORS/stored.txt has the examples, a line each: number, key, value. Here stands what a person would give to get each of them.
Only uid, times, GUID and version may differ. Makes a network namespace of its own.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from etcd import Etcd
from vectors import conclude, normalise, own_network

API = "apiVersion: projectcalico.org/v3\n"

# example -> what is created
GIVEN = {
    "9.2": "kind: Tier\nmetadata: {name: security}\nspec: {order: 500}\n",
    "9.5": """kind: Profile
metadata: {name: kns.prod}
spec:
  labelsToApply: {pcns.env: production, pcns.projectcalico.org/name: prod,
                  pcns.kubernetes.io/metadata.name: prod}
  ingress: [{action: Allow}]
  egress: [{action: Allow}]
""",
    "9.7": """kind: NetworkPolicy
metadata: {name: allow-web-to-db, namespace: prod}
spec:
  order: 100
  selector: app == 'db'
  types: [Ingress]
  ingress: [{action: Allow, protocol: TCP, source: {selector: app == 'web'},
             destination: {ports: [5432]}}]
""",
    "9.9": """kind: GlobalNetworkPolicy
metadata: {name: security.block-metadata}
spec:
  tier: security
  namespaceSelector: env == 'dev'
  types: [Egress]
  egress: [{action: Deny, destination: {nets: [169.254.169.254/32]}}, {action: Pass}]
""",
    "9.10": """kind: HostEndpoint
metadata: {name: node-1-eth0, labels: {role: edge}}
spec: {node: node-1, interfaceName: eth0, expectedIPs: [192.0.2.11],
       profiles: [projectcalico-default-allow], ports: [{name: ssh, port: 22, protocol: TCP}]}
""",
    "9.11": """kind: GlobalNetworkSet
metadata: {name: partners, labels: {zone: partner}}
spec: {nets: [198.51.100.0/24, "2001:db8:100::/48"]}
""",
    "9.12": """kind: FelixConfiguration
metadata: {name: node.node-1}
spec: {defaultEndpointToHostAction: Return}
""",
    "9.13": """kind: BGPPeer
metadata: {name: rack1-tor}
spec: {nodeSelector: rack == 'r1', peerIP: 192.0.2.1, asNumber: 64567,
       password: {secretKeyRef: {name: bgp-secrets, key: tor}}, filters: [no-default-route]}
""",
}
NEEDS = {"9.9": ["9.2"], "9.13": ["filter"]}
FILTER = "kind: BGPFilter\nmetadata: {name: no-default-route}\nspec: {}\n"

# Examples that calico-node writes, and how it is asked to.
STARTUP = {"NODENAME": "node-1", "IP": "192.0.2.11/24", "IP6": "none", "CLUSTER_TYPE": "k8s,bgp",
           "CALICO_IPV4POOL_CIDR": "10.244.0.0/16", "CALICO_IPV4POOL_IPIP": "CrossSubnet",
           "CALICO_IPV6POOL_CIDR": "none", "CALICO_K8S_NODE_REF": "node-1"}
BY_STARTUP = ["9.1", "9.3", "9.12"]
# The CNI plugin's and kube-controllers': calicoctl drops generateName, and does not write policies
# that are Kubernetes'. A unit test of the model reads and writes them.
BY_OTHERS = ["9.6", "9.8"]
# Of the Node the rest is Kubernetes' part: labels, further addresses, pod networks.
NODE = {"bgp": {"ipv4Address": "192.0.2.11/24"},
        "orchRefs": [{"nodeName": "node-1", "orchestrator": "k8s"}],
        "addresses": [{"address": "192.0.2.11/24", "type": "CalicoNodeIP"}]}


def comparable(text):
    return re.sub(r'("calicoVersion":)"[^"]*"', r'\1"VERSION"', normalise(text))


class Run:
    def __init__(self, etcd):
        self.etcd = etcd
        self.examples = {}
        for line in open(pathlib.Path(sys.argv[2]) / "stored.txt", encoding="utf-8"):
            example, key, stored = line.rstrip("\n").split(" ", 2)
            self.examples[example] = key, comparable(stored)
        self.passed = self.failed = 0

    def call(self, program, *args, stdin="", **env):
        done = subprocess.run([program, *args], input=stdin, text=True, capture_output=True,
                              env={"PATH": os.environ["PATH"], "DATASTORE_TYPE": "etcdv3",
                                   "ETCD_ENDPOINTS": self.etcd.url, **env}, timeout=60)
        if done.returncode:
            print(f"{program} {args}: {done.stdout}{done.stderr}")

    def compare(self, example):
        key, want = self.examples[example]
        got = comparable(self.etcd.read().get(key, ("nothing", 0))[0])
        self.conclude(example, got, want)

    def conclude(self, what, got, want):
        if got == want:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {what}\n  got  {got}\n  want {want}")

    def by_calicoctl(self, example):
        self.etcd.fill({})
        for need in NEEDS.get(example, []):
            self.call(sys.argv[1], "create", "-f", "-", stdin=API + GIVEN.get(need, FILTER))
        self.call(sys.argv[1], "create", "-f", "-", stdin=API + GIVEN[example])
        self.compare(example)

    def by_startup(self, directory):
        self.etcd.fill({})
        subprocess.run(["ip", "address", "add", "192.0.2.11/24", "dev", "lo"], check=True)
        self.call(sys.argv[3], "startup", CALICO_NODENAME_FILE=f"{directory}/nodename", **STARTUP)
        for example in BY_STARTUP:
            self.compare(example)
        node = json.loads(self.etcd.read()[self.examples["9.4"][0]][0])
        self.conclude("9.4", json.dumps(node["spec"]), json.dumps(NODE))


def main():
    own_network()
    with tempfile.TemporaryDirectory() as directory:
        etcd = Etcd(directory, 2379)
        run = Run(etcd)
        try:
            for example in GIVEN:
                run.by_calicoctl(example)
            run.by_startup(directory)
        finally:
            etcd.stop()
    untried = set(run.examples) - set(GIVEN) - set(BY_STARTUP) - set(BY_OTHERS) - {"9.4"}
    run.conclude("every example is tried", untried, set())
    conclude(run.passed, run.failed)
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
