#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugins in real network namespaces, on a real etcd, over what upstream's were recorded to do.

    vectors.py DIRECTORY-OF-PROGRAMS CALICOCTL VECTORS [-v] [-k TEXT]

Prints each difference, the steps that ours does not follow and why, and the totals.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import ours
import world
from match import Matcher

SHOWN = ("exit", "stdout", "etcd_after", "host", "containers")
STORED = ("/calico/ipam/", "/calico/resources/v3/projectcalico.org/workloadendpoints/",
          "/calico/resources/v3/projectcalico.org/profiles/")


def parsed(text):
    try:
        value = json.loads(text)
        return value if isinstance(value, dict) else text
    except ValueError:
        return text


class Scenario:
    def __init__(self, place, path, calicoctl):
        self.place, self.name, self.calicoctl = place, path.stem, calicoctl
        self.story = json.loads(path.read_text())
        self.matcher = Matcher(place.fill_in)

    def run(self):
        """Yields for each step what differs."""
        self.place.fresh({key: json.dumps(value, separators=(",", ":"))
                          for key, value in self.story["etcd_before"].items()})
        for number, step in enumerate(self.story["steps"]):
            got = self.do(step)
            want = ours.expected(self.name, number, {k: step[k] for k in SHOWN if k in step})
            self.matcher.differences = []
            self.compare(want, got)
            yield number, self.matcher.differences

    def do(self, step):
        if step["program"] == "etcd":
            return self.change(step)
        if step["program"] == "shell":
            command = self.place.fill_in(step["args"][0])
            done = subprocess.run(["sh", "-c", command], check=False)
            return {**self.state(), "exit": done.returncode, "stdout": ""}
        if step["program"] == "calicoctl":
            status, out, _ = self.place.call("calicoctl", {}, "", step["args"])
        else:
            status, out, _ = self.place.call(step["program"], step["env"], step["stdin"],
                                             step["args"])
        return {**self.state(), "exit": status, "stdout": parsed(out)}

    def change(self, step):
        for key, value in step.get("put", {}).items():
            text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            self.place.put(key, text)
        for key in step.get("delete", []):
            self.place.delete(key)
        return self.state()

    def state(self):
        return {"etcd_after": self.place.keys(*STORED), "host": self.place.host(),
                "containers": self.place.containers()}

    def compare(self, want, got):
        self.matcher.blocks.learn(want.get("etcd_after", {}), got["etcd_after"])
        got = self.matcher.blocks.tell(got)
        for side in (want.get("host", {}), *want.get("containers", {}).values()):
            side.get("links", []).sort(key=lambda link: link["name"])
        for member in SHOWN:
            if member in want:
                where = "etcd" if member == "etcd_after" else member
                self.matcher.value(where, want[member], got.get(member))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("calicoctl")
    parser.add_argument("vectors")
    parser.add_argument("-v", action="store_true")
    parser.add_argument("-k", default="")
    options = parser.parse_args()
    world.enter("CNI_VECTORS_INSIDE")
    ours.vectors = options.vectors
    place = world.World(options.programs)
    passed = failed = 0
    for path in sorted(pathlib.Path(options.vectors).glob("*.json")):
        if options.k not in path.stem:
            continue
        for number, differences in Scenario(place, path, options.calicoctl).run():
            reason = ours.reason(path.stem, number)
            if differences:
                print(f"FAILED {path.stem} step {number}" + (f" (ours: {reason})" if reason else ""))
                for line in differences[:None if options.v else 6]:
                    print(f"    {line}")
            elif options.v and reason:
                print(f"ours   {path.stem} step {number}: {reason}")
            passed += not differences
            failed += bool(differences)
    place.close()
    for stale in ours.unused() if not options.k else []:
        print(f"FAILED an exception that no vector has: {stale}")
        failed += 1
    print(f"{ours.count()} steps are ours on purpose:")
    for reason, steps in ours.by_reason().items():
        print(f"  {reason}: {', '.join(steps)}")
    print(f"[  PASSED  ] {passed} test(s).")
    if failed:
        print(f"[  FAILED  ] {failed} test(s).")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
