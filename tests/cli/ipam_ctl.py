#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""calicoctl ipam where upstream was not recorded: bad blocks, long names, cooling, many addresses.

    ipam_ctl.py CALICOCTL

Makes namespaces of its own.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import ipam_live  # noqa: E402
from etcd import Etcd  # noqa: E402
from ipam_live import BLOCKS, HANDLES, RESOURCES, cluster, expect  # noqa: E402
from ipam_vectors import own_namespaces  # noqa: E402
from vectors import conclude  # noqa: E402

POOLS = RESOURCES + "ippools/"
CONFIG = "/calico/ipam/v2/config"


class Ctl:
    def __init__(self, program, etcd):
        self.program = program
        self.etcd = etcd

    def __call__(self, *args):
        env = {"PATH": os.environ["PATH"], "DATASTORE_TYPE": "etcdv3", "ETCD_ENDPOINTS": self.etcd.url}
        done = subprocess.run([self.program] + list(args), env=env, capture_output=True, text=True,
                              timeout=60)
        if done.returncode < 0 or "Sanitizer" in done.stderr:
            raise RuntimeError(done.stderr)
        return done.returncode, done.stdout, done.stderr


def block(cidr, host, allocations, attributes):
    free = [o for o, a in enumerate(allocations) if a is None]
    return json.dumps({
        "cidr": cidr, "affinity": f"host:{host}", "allocations": allocations, "unallocated": free,
        "attributes": attributes, "sequenceNumber": 7,
        "sequenceNumberForAllocation": {str(o): 3 for o, a in enumerate(allocations) if a is not None},
        "deleted": False})


def block_key(cidr):
    return BLOCKS + "ipv4/block/" + cidr.replace("/", "-")


def test_bad_blocks(ctl, etcd):
    """A block that cannot be read is named, and hides nothing."""
    good = block("10.80.0.0/29", "h1", [0] + [None] * 7,
                 [{"handle_id": "a", "secondary": {"node": "h2", "pod": "web", "namespace": "shop"}}])
    pairs = cluster([("10.80.0.0/24", 29)])
    pairs[block_key("10.80.0.0/29")] = good
    pairs[block_key("10.80.0.8/29")] = "{"
    pairs[block_key("10.80.0.16/29")] = good  # says that it is another one
    pairs[block_key("10.80.0.24/29")] = good.replace("10.80.0.0/29", "10.80.0.24/29").replace(
        '"unallocated": [1, ', '"unallocated": [1, 1, ')
    etcd.fill(pairs)
    code, out, err = ctl("ipam", "show", "--show-borrowed")
    expect("borrowed: exit and the good block's row", (code, "| 10.80.0.0 | h2 " in out), (0, True))
    expect("borrowed: one row", out.count("10.80.0."), 2)
    for cidr in ("10.80.0.8/29", "10.80.0.16/29", "10.80.0.24/29"):
        expect(f"borrowed: {cidr} is named", f"BlockKey(cidr={cidr})" in err, True)
    code, out, err = ctl("ipam", "show", "--show-blocks")
    expect("usage: exit and the good block's row", (code, "| Block    | 10.80.0.0/29 " in out), (0, True))
    expect("usage: bad blocks are named", [c in err for c in ("10.80.0.8", "10.80.0.16", "10.80.0.24")],
           [True] * 3)
    code, out, err = ctl("ipam", "release", "--ip=10.80.0.9")
    expect("release in a bad block fails and says why", (code, "10.80.0.8" in err), (1, True))


def test_cooling(ctl, etcd):
    pairs = cluster([("10.80.0.0/24", 29)])
    pairs[CONFIG] = '{"auto_allocate_blocks":true,"ipCooldownSeconds":1000}'
    pairs[block_key("10.80.0.0/29")] = block(
        "10.80.0.0/29", "h1", [0, 1] + [None] * 6,
        [{"handle_id": "a"}, {"releasedAt": "2999-01-01T00:00:00Z"}])
    pairs[HANDLES + "a"] = '{"block":{"10.80.0.0/29":1},"deleted":false}'
    etcd.fill(pairs)
    expect("a cooling address", ctl("ipam", "show", "--ip=10.80.0.1"),
           (1, "", "address 10.80.0.1 is in cooldown\n"))
    expect("a cooling address is free already", ctl("ipam", "release", "--ip=10.80.0.1"),
           (1, "", "IP address 10.80.0.1 is not assigned\n"))
    expect("an address without attributes", ctl("ipam", "show", "--ip=10.80.0.0"),
           (0, "IP 10.80.0.0 is in use\nHandle ID: a\nNo Active Owner attributes defined\n", ""))
    expect("release", ctl("ipam", "release", "--ip=10.80.0.0"),
           (0, "Successfully released IP address 10.80.0.0\n", ""))
    expect("what was released cools down", ctl("ipam", "show", "--ip=10.80.0.0"),
           (1, "", "address 10.80.0.0 is in cooldown\n"))


def test_long_names(ctl, etcd):
    """The names of a pool's parts are names that a resource can have."""
    pairs = cluster([("10.80.0.0/24", 29)])
    long = "p" * 253
    pairs[POOLS + long] = pairs.pop(POOLS + "p0").replace('"p0"', f'"{long}"')
    etcd.fill(pairs)
    ctl("datastore", "migrate", "lock")
    code, out, err = ctl("ipam", "split", "16", f"--name={long}")
    expect("split of a pool with a long name", (code, err), (0, ""))
    names = [key[len(POOLS):] for key in etcd.read() if key.startswith(POOLS)]
    expect("16 parts", len(names), 16)
    expect("no name is too long", sorted({len(n) for n in names}), [253])
    expect("the first and the last", [n for n in ("split-" + "p" * 245 + "-0", "split-" + "p" * 244 + "-15")
                                      if n not in names], [])


def test_two_writers(ctl, etcd):
    """configure keeps what it was not asked to change, also members that ours does not know."""
    etcd.fill(cluster([]) | {CONFIG: '{"strict_affinity":true,"auto_allocate_blocks":true,"x":1}'})
    expect("configure", ctl("ipam", "configure", "--ip-cooldown-seconds=5")[0], 0)
    after = json.loads(etcd.read()[CONFIG][0])
    expect("what was there stays", {k: after.get(k) for k in ("strict_affinity", "ipCooldownSeconds")},
           {"strict_affinity": True, "ipCooldownSeconds": 5})
    revision = etcd.read()[CONFIG][1]
    expect("the same again", ctl("ipam", "configure", "--ip-cooldown-seconds=5")[:2],
           (0, "Successfully set IPCooldownSeconds to: 5\n"))
    expect("is not written", etcd.read()[CONFIG][1], revision)


def main():
    own_namespaces()
    with tempfile.TemporaryDirectory() as top:
        etcd = Etcd(top, 2379)
        try:
            for test in (test_bad_blocks, test_cooling, test_long_names, test_two_writers):
                test(Ctl(os.path.abspath(sys.argv[1]), etcd), etcd)
        finally:
            etcd.stop()
    checks, failures = ipam_live.checks, ipam_live.failures
    conclude(len(checks) - len(failures), len(failures))
    return 1 if failures or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
