#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The verbs that upstream's recordings say little about, against a real etcd and stand-ins for docker
and kubectl.

    verbs.py CALICOCTL

Makes network and mount namespaces of its own.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

from etcd import Etcd
from vectors import PREFIX, conclude, own_network

IPAM = "/calico/ipam/v2/"
CLUSTER = PREFIX + "clusterinformations/default"
BLOCK = IPAM + "assignment/ipv4/block/10.0.0.0-30"

checks, failures = 0, 0


def expect(what, got, want):
    global checks, failures
    checks += 1
    if got != want:
        failures += 1
        print(f"FAILED {what}\n  got  {got!r}\n  want {want!r}")


def meta(kind, name, spec, **more):
    return json.dumps({"kind": kind, "apiVersion": "projectcalico.org/v3",
                       "metadata": {"name": name, "uid": "u", "creationTimestamp": "2024-01-02T03:04:05Z",
                                    **more}, "spec": spec}, separators=(",", ":"))


def cluster(ready):
    return meta("ClusterInformation", "default", {"clusterGUID": "0" * 32, "datastoreReady": ready})


class World:
    def __init__(self, program, directory):
        self.program = program
        self.directory = pathlib.Path(directory)
        self.bin = self.directory / "bin"
        self.bin.mkdir()
        self.etcd = Etcd(directory, 2379)

    def stand_in(self, name, script):
        path = self.bin / name
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)

    def call(self, *args, path=None, stdin="", **env):
        env = {"PATH": path or f"{self.bin}:{os.environ['PATH']}", "DATASTORE_TYPE": "etcdv3",
               "ETCD_ENDPOINTS": self.etcd.url, "TMPDIR": str(self.directory), **env}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        done = subprocess.run([self.program, *args], env=env, cwd=self.directory, input=stdin,
                              capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout, done.stderr


# ---- datastore migrate-policy-names


def test_names(w):
    key = PREFIX + "networkpolicies/shop/"
    w.etcd.fill({
        CLUSTER: cluster(True),
        key + "default.old": meta("NetworkPolicy", "default.old", {"selector": "a"}, namespace="shop"),
        key + "default.twice": meta("NetworkPolicy", "default.twice", {"selector": "b"}, namespace="shop"),
        key + "twice": meta("NetworkPolicy", "twice", {"selector": "new"}, namespace="shop"),
        key + "sea.x": meta("NetworkPolicy", "sea.x", {"tier": "sea"}, namespace="shop"),
        key + "default.meant": meta("NetworkPolicy", "default.meant", {}, namespace="shop", annotations={
            "projectcalico.org/metadata": '{"name":"default.meant"}'}),
    })
    expect("names", w.call("datastore", "migrate-policy-names"),
           (0, "Policy name migration complete, migrated 2 policies.\n", ""))
    got = w.etcd.read()
    expect("the keys", sorted(k[len(key):] for k in got if k.startswith(key)),
           ["default.meant", "old", "sea.x", "twice"])
    expect("what was there stays", json.loads(got[key + "twice"][0])["spec"]["selector"], "new")
    expect("uid and time stay", json.loads(got[key + "old"][0])["metadata"], {
        "name": "old", "namespace": "shop", "uid": "u", "creationTimestamp": "2024-01-02T03:04:05Z",
        "annotations": {"projectcalico.org/metadata": '{"name":"old"}'}})
    expect("again", w.call("datastore", "migrate-policy-names")[1],
           "Policy name migration complete, migrated 0 policies.\n")
    w.etcd.put(key + "bad", "{")
    code, out, err = w.call("datastore", "migrate-policy-names")
    expect("a value that cannot be read", (code, out, "NetworkPolicy(shop/bad)" in err), (1, "", True))


# ---- datastore migrate export


def test_export(w):
    w.etcd.fill({CLUSTER: cluster(False), IPAM + "config": '{"strict_affinity":true}'})
    code, out, err = w.call("datastore", "migrate", "export")
    expect("export", (code, err), (0, ""))
    parts = out.split("===\n")
    expect("IPAM", json.loads(parts[2])["config"]["Key"], IPAM + "config")
    expect("kinds", re.findall(r"(?m)^kind: (\w+)List$", parts[0])[:3], ["IPPool", "BGPPeer", "Tier"])
    w.etcd.put(BLOCK, "{")
    code, out, err = w.call("datastore", "migrate", "export")
    expect("a damaged block", (code, err.startswith(
        "error exporting IPAM information: BlockKey(cidr=10.0.0.0/30): ")), (1, True))


# ---- ipam fsck


def test_fsck(w):
    block = {"cidr": "10.0.0.0/30", "affinity": "host:n1", "allocations": [0, None, None, None],
             "unallocated": [1, 2], "attributes": [{"handle_id": "h"}], "sequenceNumber": 7,
             "sequenceNumberForAllocation": {}, "deleted": False}
    affinity = IPAM + "host/n1/ipv4/block/10.0.0.0-30"
    w.etcd.fill({CLUSTER: cluster(True), BLOCK: json.dumps(block), affinity: '{"state":"confirmed"}'})
    want = ("block-lost-ordinal: BlockKey(cidr=10.0.0.0/30)\n"
            "  ordinal 3 is neither allocated nor free\n"
            "  repair: put the ordinal behind the free ones\n"
            "handle-missing: IPAMHandleKey(id=h)\n"
            "  blocks name it, and it is not there\n  repair: create it\n"
            "Plan:\ncreate IPAMHandleKey(id=h)\nupdate BlockKey(cidr=10.0.0.0/30)\n"
            "1 blocks, 1 affinities, 1 handles, 0 addresses in use: 2 violations, of which 2 can be "
            "repaired.\n")
    before = w.etcd.read()
    expect("what is wrong", w.call("ipam", "fsck"), (1, want, ""))
    code, out, err = w.call("ipam", "fsck", "--repair")
    expect("not while it is open", (code, out, err.startswith("datastore is not locked")), (1, "", True))
    expect("nothing was written", w.etcd.read(), before)
    w.etcd.put(CLUSTER, cluster(False))
    expect("repair", w.call("ipam", "fsck", "--repair"), (0, want + "2 of 2 steps were done.\n", ""))
    got = w.etcd.read()
    expect("the block", json.loads(got[BLOCK][0])["unallocated"], [1, 2, 3])
    expect("the sequence number", json.loads(got[BLOCK][0])["sequenceNumber"], 8)
    expect("the handle", json.loads(got[IPAM + "handle/h"][0])["block"], {"10.0.0.0/30": 1})
    expect("sound", w.call("ipam", "fsck"), (0, "1 blocks, 1 affinities, 1 handles, 0 addresses in use: "
                                             "0 violations, of which 0 can be repaired.\n", ""))
    w.etcd.put(BLOCK, "{")
    code, out, err = w.call("ipam", "fsck", "--repair", "--force")
    expect("what nobody repairs", (code, "somebody has to decide" in out), (1, True))
    expect("is not written", w.etcd.read()[BLOCK][0], "{")


# ---- completion


def complete(w, line):
    script = ("source <(calicoctl completion bash); COMP_LINE=$1; COMP_POINT=${#1}; _calicoctl; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    path = f"{pathlib.Path(w.program).parent}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script, "bash", line], capture_output=True, text=True,
                          env={"PATH": path}, timeout=60)
    return done.stdout.split(), done.stderr


def test_completion(w):
    expect("verbs", complete(w, "calicoctl datastore migrate "), (["export", "import", "lock", "unlock"], ""))
    expect("kinds", complete(w, "calicoctl get globalnetworkp"),
           (["globalnetworkpolicy", "globalnetworkpolicies"], ""))
    expect("values behind =", complete(w, "calicoctl get --output=wi"), (["wide"], ""))
    expect("values", complete(w, "calicoctl node run --backend "), (["bird", "none"], ""))
    for shell in ("bash", "fish", "powershell", "zsh"):
        code, out, err = w.call("completion", shell)
        expect(shell, (code, "calicoctl" in out and "__complete " in out, err), (0, True, ""))
        expect(shell + " without meanings", "__completeNoDesc" in
               w.call("completion", shell, "--no-descriptions")[1], True)
    expect("an unknown shell", w.call("completion", "ksh")[0], 0)


# ---- node run, with a docker that only notes what it is asked


def test_node_run(w):
    notes = w.directory / "docker.txt"
    w.stand_in("docker", f'echo "$@" >> {notes}\n'
               '[ "$1" = logs ] && echo "Calico node started successfully"\nexit 0\n')
    code, out, err = w.call("node", "run", "--name=n1", "--backend=none", "--no-default-ippools",
                            "--log-dir=/l", "--felix-config=/f", CALICO_CTL_CONTAINER="x")
    expect("run", (code, err), (0, ""))
    expect("its words", [line.split(" -e ")[0].split(" -v ")[0] for line in notes.read_text().splitlines()],
           ["rm -f calico-node",
            "run --net=host --privileged --name=calico-node -d --restart=always", "logs calico-node"])
    command = notes.read_text()
    for word in ("-e CALICO_NETWORKING_BACKEND=none", "-e NO_DEFAULT_POOLS=true", "-v /l:/var/log/calico",
                 "-v /f:/etc/calico/felix.cfg", "quay.io/calico/node:latest"):
        expect(word, word in command, True)
    lines = out.splitlines()
    expect("what it says", [lines[0], lines[1], lines[3], lines[-2], lines[-1]], [
        "Removing old calico-node container (if running).",
        "Running the following command to start calico-node:",
        "Image may take a short time to download if it is not available locally.",
        "Container started, checking progress logs.", "Calico node started successfully"])
    w.stand_in("docker", "echo no daemon; exit 1\n")
    expect("docker fails", w.call("node", "run", "--name=n1", CALICO_CTL_CONTAINER="x")[2],
           "error executing command: no daemon\n")
    code, out, err = w.call("node", "run", "--name=n1", path="/nonexistent")
    expect("no docker", (code, "calico-node.service" in err), (1, True))
    code, out, err = w.call("node", "run", "--dryrun", "--init-system", "--name=n1")
    expect("an init system", (code, " --rm -e " in out, out.endswith(
        "\n\nUse the following command to stop the calico/node container:\n\n"
        "docker stop calico-node\n\n")), (0, True, True))
    (w.directory / "cfg").write_text(json.dumps({
        "apiVersion": "projectcalico.org/v3", "kind": "CalicoAPIConfig", "spec": {
            "datastoreType": "etcdv3", "etcdEndpoints": "https://e:1", "etcdKeyFile": "/k",
            "etcdCertFile": "/c", "etcdCACertFile": "/a"}}))
    out = w.call("node", "run", "--dryrun", "--name=n1", "-c", "cfg")[1]
    for word in ("-e ETCD_ENDPOINTS=https://e:1", "-e ETCD_KEY_FILE=/etc/calico/certs/key.pem",
                 "-v /k:/etc/calico/certs/key.pem", "-v /a:/etc/calico/certs/ca_cert.crt"):
        expect(word, word in out, True)


# ---- what collects


def test_checksystem(w):
    (w.directory / "kernel").write_text("CONFIG_IP_SET=y\n# CONFIG_VFIO_PCI is not set\n")
    subprocess.run(["mount", "-t", "tmpfs", "none", "/sys/module"], check=True)
    if os.path.exists("/proc/modules"):
        subprocess.run(["mount", "--bind", "/dev/null", "/proc/modules"], check=True)
    os.mkdir("/sys/module/xt_set")
    code, out, err = w.call("node", "checksystem", "-f", "kernel")
    lines = out.splitlines()
    expect("its end", (code, err), (1, "system doesn't meet one or more minimum systems requirements to "
                                    "run Calico\n"))

    def line(name, result):
        return f"\t\t{name:20}\t\t\t\t\t{result}"
    expect("the kernel", lines[:2], ["Checking kernel version...", line(os.uname().release, "OK")])
    expect("by configuration", line("ip_set", "OK") in lines, True)
    expect("loaded", line("xt_set", "OK") in lines, True)
    if not pathlib.Path(f"/lib/modules/{os.uname().release}").exists():
        at = lines.index(line("vfio-pci", "FAIL"))
        expect("missing", lines[at - 1],
               "WARNING: Unable to detect the vfio-pci module as Loaded/Builtin module or lsmod")
        at = lines.index(line("xt_u32", "SKIP"))
        expect("optional", lines[at - 1],
               "WARNING: Unable to detect optional module/feature xt_u32; continuing")


def test_diags(w):
    (w.directory / "logs").mkdir()
    (w.directory / "logs/felix.log").write_text("a line\n")
    w.stand_in("ipset", "echo broken; exit 3\n")
    code, out, err = w.call("node", "diags", "--log-dir", "logs")
    expect("diags", (code, err), (0, ""))
    expect("a command that fails", "Failed to run command: ipset list\nError: broken\n" in out, True)
    saved = re.search(r"\n\nDiags saved to (\S+/diags-\d{8}_\d{6}\.tar\.gz)\n", out)
    names = tarfile.open(saved[1]).getnames() if saved else []
    for name in ("date", "ipv4_route", "ipv6_addr", "nft_ruleset", "logs/felix.log"):
        expect(name, f"diagnostics/{name}" in names, True)
    expect("nothing of what failed", "diagnostics/ipsets" in names, False)


def test_cluster_diags(w):
    w.stand_in("kubectl", 'case "$*" in *jsonpath*) printf "n1 a p1\\nn2 a p2\\nn3 a p3\\n";;'
               ' *) echo "$@";; esac\n')
    code, out, err = w.call("cluster", "diags", "--max-logs=2", "--focus-nodes=n3", "--since=5m")
    expect("cluster diags", (code, err, out.splitlines()[0]),
           (0, "", "==== Begin collecting diagnostics. ===="))
    archives = list(w.directory.glob("calico-diagnostics-*.tar.gz"))
    names = tarfile.open(archives[0]).getnames() if archives else []
    expect("logs of the node in focus first", sorted(n for n in names if n.endswith(".log")),
           ["calico-diagnostics/p1.log", "calico-diagnostics/p3.log"])
    expect("the directory is gone", [d for d in w.directory.glob("calico-diagnostics-*") if d.is_dir()], [])
    expect("no kubectl", w.call("cluster", "diags", path="/nonexistent"),
           (1, "", "missing dependency: unable to locate kubectl in PATH\n"))


# ---- input of size


def test_many_documents(w):
    w.etcd.fill({CLUSTER: cluster(True)})
    text = "".join(f"---\r\napiVersion: projectcalico.org/v3\r\nkind: GlobalNetworkSet\r\nmetadata:\r\n"
                   f"  name: s{i}\r\nspec:\r\n  nets: [10.0.0.0/8]\r\n" for i in range(10000))
    expect("10,000 documents", w.call("validate", "-f", "-", stdin="\ufeff" + text),
           (0, "Successfully validated 10000 'GlobalNetworkSet' resource(s)\n", ""))
    nets = ", ".join(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}" for i in range(95000))
    text = ("apiVersion: projectcalico.org/v3\nkind: GlobalNetworkSet\nmetadata: {name: big}\n"
            f"spec:\n  nets: [{nets}]\n")
    expect("a document of more than 1 MiB", (len(text) > 1 << 20, w.call("create", "-f", "-", stdin=text)),
           (True, (0, "Successfully created 1 'GlobalNetworkSet' resource(s)\n", "")))
    stored = json.loads(w.etcd.read()[PREFIX + "globalnetworksets/big"][0])
    expect("all of it", len(stored["spec"]["nets"]), 95000)
    expect("JSON", w.call("replace", "-f", "-", stdin=json.dumps(
        {k: v for k, v in stored.items()}))[1], "Successfully replaced 1 'GlobalNetworkSet' resource(s)\n")


def main():
    if not os.environ.get("VERBS_TEST_INSIDE"):
        os.environ["VERBS_TEST_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--mount", sys.executable] + sys.argv)
    own_network()
    with tempfile.TemporaryDirectory() as directory:
        world = World(os.path.abspath(sys.argv[1]), directory)
        for test in (test_names, test_export, test_fsck, test_completion, test_node_run, test_diags,
                     test_cluster_diags, test_many_documents, test_checksystem):
            test(world)
        world.etcd.stop()
    conclude(checks - failures, failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
