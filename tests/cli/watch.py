#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`calicoctl get --watch` against a real etcd: the list, then each change once, in every form.

    watch.py CALICOCTL

Makes a network namespace of its own.
"""

import json
import os
import select
import subprocess
import sys
import tempfile

from etcd import Etcd
from vectors import PREFIX, conclude, own_network

checks, failures = 0, 0


def expect(what, got, want):
    global checks, failures
    checks += 1
    if got != want:
        failures += 1
        print(f"FAILED {what}\n  got  {got!r}\n  want {want!r}")


def tier(name, order):
    return json.dumps({"kind": "Tier", "apiVersion": "projectcalico.org/v3",
                       "metadata": {"name": name, "uid": "u", "creationTimestamp": "2024-01-02T03:04:05Z"},
                       "spec": {"order": order, "defaultAction": "Deny"}}, separators=(",", ":"))


def netset(name):
    return json.dumps({"kind": "NetworkSet", "apiVersion": "projectcalico.org/v3",
                       "metadata": {"name": name, "namespace": "shop"}, "spec": {}})


class Watch:
    def __init__(self, program, etcd, *args):
        env = {"PATH": os.environ["PATH"], "DATASTORE_TYPE": "etcdv3", "ETCD_ENDPOINTS": etcd.url}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        self.process = subprocess.Popen([program, "get", *args], env=env, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.text = b""

    def read(self, lines):
        """So many lines; fewer after 30 s without one."""
        while self.text.count(b"\n") < lines:
            if not select.select([self.process.stdout], [], [], 30)[0]:
                break
            piece = os.read(self.process.stdout.fileno(), 65536)
            if not piece:
                break
            self.text += piece
        parts = self.text.split(b"\n", lines)
        self.text = parts[-1] if len(parts) > lines else b""
        return [p.decode() for p in parts[:lines]]

    def stop(self):
        self.process.kill()
        self.process.communicate()


def test_table(program, etcd):
    etcd.fill({PREFIX + "tiers/b": tier("b", 5), PREFIX + "tiers/a": tier("a", 7)})
    w = Watch(program, etcd, "tier", "-w")
    expect("the list, in order", w.read(3), ["EVENT   NAME   ORDER   ", "ADDED   b      5       ",
                                             "ADDED   a      7       "])
    etcd.put(PREFIX + "tiers/c", tier("c", 1))
    etcd.put(PREFIX + "tiers/a", tier("a", 8))
    etcd.delete(PREFIX + "tiers/b")
    expect("changes", w.read(3), ["ADDED   c      1       ", "MODIFIED   a      8       ",
                                  "DELETED    b      5       "])
    etcd.put(PREFIX + "tiers/bad", "{")
    etcd.put(PREFIX + "tiers/c", "[]")
    expect("what cannot be read any more is gone", w.read(1), ["DELETED    c      1       "])
    w.stop()


def test_documents(program, etcd):
    etcd.fill({PREFIX + "tiers/a": tier("a", 7)})
    w = Watch(program, etcd, "tier", "-o", "json", "--watch")
    first = json.loads(w.read(1)[0])
    expect("JSON", (first["type"], first["object"]["metadata"]["name"]), ("ADDED", "a"))
    etcd.delete(PREFIX + "tiers/a")
    expect("JSON of a deletion", json.loads(w.read(1)[0])["type"], "DELETED")
    w.stop()
    etcd.fill({PREFIX + "tiers/a": tier("a", 7)})
    w = Watch(program, etcd, "tier", "-o", "yaml", "--watch")
    lines = w.read(14)
    expect("YAML", (lines[0], lines[1], lines[-1]), ("---", "object:", "type: ADDED"))
    w.stop()
    w = Watch(program, etcd, "tier", "-w", "-o", "go-template={{range .}}{{.Name}}\n{{end}}")
    expect("templates", w.read(1), ["a"])
    etcd.put(PREFIX + "tiers/b", tier("b", 7))
    expect("templates of changes", w.read(1), ["b"])
    w.stop()


def test_scope(program, etcd):
    etcd.fill({PREFIX + "networksets/shop/x": netset("x"), PREFIX + "networksets/lab/x": netset("x")})
    w = Watch(program, etcd, "netsets", "x", "y", "-n", "shop", "-w")
    expect("one namespace", w.read(2), ["EVENT   NAMESPACE   NAME   ", "ADDED   shop        x      "])
    etcd.put(PREFIX + "networksets/shop/z", netset("z"))
    etcd.put(PREFIX + "networksets/lab/y", netset("y"))
    etcd.put(PREFIX + "networksets/shop/y", netset("y"))
    expect("only the named ones", w.read(1), ["ADDED   shop        y      "])
    w.stop()
    w = Watch(program, etcd, "netsets", "-n", "none", "-w")
    expect("an empty list", w.read(1), ["EVENT   NAMESPACE   NAME   "])
    w.stop()


def test_burst(program, etcd):
    """What happens while the program is stopped is told when it goes on."""
    etcd.fill({PREFIX + "tiers/a": tier("a", 1), PREFIX + "tiers/b": tier("b", 2)})
    w = Watch(program, etcd, "tier", "-o", "custom-columns=NAME", "-w")
    expect("before", w.read(3), ["EVENT   NAME   ", "ADDED   a      ", "ADDED   b      "])
    w.process.send_signal(19)  # SIGSTOP
    for order in range(3, 9):
        etcd.put(PREFIX + "tiers/a", tier("a", order))
    etcd.delete(PREFIX + "tiers/b")
    w.process.send_signal(18)
    seen = w.read(7)
    expect("all is told", (seen.count("DELETED    b      "), seen[-1][:7]), (1, "DELETED"))
    w.stop()


def test_refusals(program, etcd):
    etcd.fill({})
    env = {"DATASTORE_TYPE": "etcdv3", "ETCD_ENDPOINTS": etcd.url, "PATH": os.environ["PATH"]}

    def call(*args, stdin=""):
        done = subprocess.run([program, "get", *args], env=env, capture_output=True, text=True,
                              input=stdin, timeout=60)
        return done.returncode, done.stdout, done.stderr
    expect("two kinds", call("-f", "-", "-w", stdin="""
- {apiVersion: projectcalico.org/v3, kind: Tier, metadata: {name: a}}
- {apiVersion: projectcalico.org/v3, kind: IPPool, metadata: {name: a}}
"""), (1, "", "--watch shows objects of one kind: Tier and IPPool were given\n"))
    expect("a namespace for none", call("tier", "-w", "-n", "x"), (1, "", "Tier is not namespaced\n"))


def main():
    own_network()
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        etcd = Etcd(directory, 2379)
        for test in (test_table, test_documents, test_scope, test_burst, test_refusals):
            test(program, etcd)
        etcd.stop()
    conclude(checks - failures, failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
