#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each recorded object survives create, get -o yaml, delete, apply and get.

    round_trip.py CALICOCTL VECTORS

What `get` prints must be enough to make the same object again, but for uid, resourceVersion and
creationTimestamp. Makes a network namespace of its own.
"""

import json
import os
import pathlib
import sys
import tempfile

from vectors import Case, Library, Worker, conclude, own_network

KINDS = {"BGPConfiguration", "BGPFilter", "BGPPeer", "CalicoNodeStatus", "ClusterInformation",
         "FelixConfiguration", "GlobalNetworkPolicy", "GlobalNetworkSet", "HostEndpoint",
         "IPAMConfiguration", "IPPool", "IPReservation", "KubeControllersConfiguration",
         "NetworkPolicy", "NetworkSet", "Node", "Profile", "StagedGlobalNetworkPolicy",
         "StagedKubernetesNetworkPolicy", "StagedNetworkPolicy", "Tier", "WorkloadEndpoint"}
NOT_CREATED = {"ClusterInformation"}  # by users; upstream refuses it too


def identity(key):
    """etcd key -> (namespace or None, name)"""
    parts = key.split("/")[6:]
    return (parts[0], parts[1]) if len(parts) == 2 else (None, parts[0])


def same_object(text):
    value = json.loads(text)
    for name in ("uid", "resourceVersion", "creationTimestamp"):
        value["metadata"].pop(name, None)
    return value


class Trip:
    def __init__(self, worker, root, row):
        self.worker = worker
        self.source = (root / f"resources/{row['name']}.yaml").read_text()
        self.kind = row["kind"]
        self.needs = row.get("needs") or ["init"]
        namespace, self.name = identity(row["key"])
        self.scope = ["-n", namespace] if namespace else []
        self.case = Case(row["name"], [], check=None)

    def call(self, *args, stdin=""):
        run = self.worker.call(self.case, list(args), stdin, "/")
        if run.exit != 0:
            raise AssertionError(f"{' '.join(args)}: {run.stderr}")
        return run.stdout

    def get(self, form):
        return self.call("get", self.kind, self.name, *self.scope, "-o", form)

    def run(self):
        self.worker.etcd.fill(dict(self.worker.library.present(self.needs).values()))
        self.call("create", "-f", "-", stdin=self.source)
        first, shown = self.get("json"), self.get("yaml")
        self.call("delete", self.kind, self.name, *self.scope)
        self.call("apply", "-f", "-", stdin=shown)
        second = self.get("json")
        if same_object(first) != same_object(second):
            raise AssertionError(f"differs:\n{first}\n{second}")


def main():
    own_network()
    root = pathlib.Path(sys.argv[2])
    rows = [json.loads(line) for line in open(root / "resources/index.jsonl")]
    passed = failed = 0
    kinds = set()
    with tempfile.TemporaryDirectory() as directory:
        worker = Worker(os.path.abspath(sys.argv[1]), Library(root), directory, 0)
        for row in rows:
            if row.get("init") or row["kind"] in NOT_CREATED:
                continue
            try:
                Trip(worker, root, row).run()
                passed += 1
                kinds.add(row["kind"])
            except AssertionError as e:
                failed += 1
                print(f"FAILED {row['name']}: {e}")
        worker.etcd.stop()
    untried = KINDS - kinds - NOT_CREATED
    if untried:
        failed += 1
        print(f"FAILED no object of {', '.join(sorted(untried))}")
    print(f"objects of {len(kinds)} kinds")
    conclude(passed, failed)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
