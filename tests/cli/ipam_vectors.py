#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs calico-ipam and calicoctl against a real etcd over what upstream's programs were recorded to do.

    ipam_vectors.py CALICO_IPAM CALICOCTL VECTORS [-v] [-k TEXT]

Each scenario runs twice: with the hint files that the plugin leaves, and with none. Makes namespaces of
its own, in which /run and /var/lib/calico are empty. A step that follows one with a difference is not
judged any more: the two states have parted.
"""

import argparse
import ipaddress
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from etcd import Etcd  # noqa: E402
from renaming import Renaming, block_of_key  # noqa: E402
from vectors import UUID, conclude, normalise  # noqa: E402

IPAM = "/calico/ipam/"
POOLS = "/calico/resources/v3/projectcalico.org/ippools/"
ENDPOINTS = "/calico/resources/v3/projectcalico.org/workloadendpoints/"
TIMES = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d| \+0000 UTC)")
PATTERNS = {"<time>": TIMES, "<uid>": re.compile(UUID)}
SEQUENCE, A_TIME = 1700000000000000000, "2026-01-31 12:00:00"
CLEAN = ("/run/calico", "/var/lib/calico")

# Steps in which ours differs, by decision: (scenario, number of the step) -> why. The recorded state is
# put in place after them, so that the steps that follow are judged.
DIFFERENT = {
    ("14-dual-stack-partial", 1):
        "with no pool of one family at all ours takes none of the other, upstream keeps it until DEL",
    ("14-dual-stack-partial", 7):
        "IPv6 is full: upstream takes an IPv4 address and gives it back, ours takes none",
    ("14-dual-stack-partial", 8):
        "no such IPv6 pool: upstream keeps the IPv4 address until DEL, ours takes none",
    ("33-version-and-errors", 1): "ours speaks version 1.1.0, too",
}
# The same, and not run, so that the steps after it find the recorded state.
NOT_RUN = {("33-version-and-errors", 8): "ours speaks version 1.1.0, too"}

# The recordings do not say where they waited.
PAUSES = {("32-cooldown", 6): 2.2}


class Plain(dict):
    """An object whose members have an order that counts."""


def load(text):
    return json.loads(text, object_pairs_hook=Plain)


def differences(got, want, where=""):
    """Where two parsed values differ; <time> stands for any time, <uid> for any UUID."""
    if isinstance(want, str) and want in PATTERNS and isinstance(got, str):
        return [] if PATTERNS[want].fullmatch(got) else [f"{where}: {got!r} is no {want}"]
    if isinstance(want, dict) and isinstance(got, dict):
        if list(got) != list(want):
            return [f"{where}: members {list(got)} but recorded {list(want)}"]
        return [d for key in want for d in differences(got[key], want[key], f"{where}.{key}")]
    if isinstance(want, list) and isinstance(got, list) and len(got) == len(want):
        return [d for i, (g, w) in enumerate(zip(got, want)) for d in differences(g, w, f"{where}[{i}]")]
    same = got == want and type(got) is type(want)
    return [] if same else [f"{where}: got {json.dumps(got)}\n{'':10}want {json.dumps(want)}"]


def parsed(text):
    try:
        value = load(text)
    except ValueError:
        return text
    return value if isinstance(value, dict) else text


def squeeze(table):
    """Rows without padding, blocks in any order: their names may have another width and order."""
    rows = [re.sub(r"-+", "-", re.sub(r" +", " ", row)) for row in table.splitlines()]
    return sorted(rows)


class Scenario:
    def __init__(self, path, programs, etcd, keep_hints):
        self.name = path.stem
        self.data = load(path.read_text())
        self.programs = programs
        self.etcd = etcd
        self.keep_hints = keep_hints
        self.renaming = Renaming()
        self.pools = []
        self.first = {}  # block key of the recording -> our number S

    # ---- etcd

    def now(self):
        """The keys that are compared, parsed, in the recording's terms."""
        found = {}
        for key, (value, _) in self.etcd.read().items():
            if key.startswith(POOLS):
                self._see_pool(value)
            if key.startswith((IPAM, ENDPOINTS)) or (key.startswith(POOLS) and self.with_pools):
                found[key] = load(value) if value else ""
        return found

    def _see_pool(self, value):
        pool = ipaddress.ip_network(json.loads(value)["spec"]["cidr"])
        if pool not in self.pools:
            self.pools.append(pool)

    def _rename(self, found):
        text = {k: json.dumps(v) for k, v in found.items()}
        to = self.renaming.to_recorded
        return {to(k): load(to(v)) for k, v in text.items()}

    def _number(self, found, want):
        """Our sequence numbers as S+n, from the number that each block had when first seen."""
        for key, value in found.items():
            recorded = want.get(key)
            if not block_of_key(key) or not recorded:
                continue
            at = str(recorded["sequenceNumber"])
            if key not in self.first and at.startswith("S"):
                self.first[key] = value["sequenceNumber"] - int(at[1:])
            if key in self.first:
                def relative(n, base=self.first[key]):
                    return f"S{n - base:+d}"
                value["sequenceNumber"] = relative(value["sequenceNumber"])
                numbers = value.get("sequenceNumberForAllocation") or {}
                for ordinal in numbers:
                    numbers[ordinal] = relative(numbers[ordinal])

    def _compare_etcd(self, want):
        found = self.now()
        self.renaming.learn(found, want, self.pools)
        found = self._rename(found)
        self._number(found, want)
        result = []
        for key in sorted(set(found) | set(want)):
            if key not in found or key not in want:
                result.append(f"etcd {key}: {'missing' if key in want else 'not recorded'}")
            else:
                result += differences(found[key], want[key], f"etcd {key}")
        return result

    def restore(self, want):
        """Makes the recorded state that of etcd."""
        for key in self.now():
            self.etcd.delete(key)
        for key, value in want.items():
            if block_of_key(key):
                self.first[key] = SEQUENCE
                self.renaming.settled.add(block_of_key(self._expand(key)))
                self.renaming.known.add(block_of_key(key))
            text = json.dumps(value, separators=(",", ":"))
            text = re.sub(r'"S([+-]\d+)"', lambda m: str(SEQUENCE + int(m[1])), text)
            text = text.replace('_time":"<time>"', f'_time":"{A_TIME.replace(" ", "T")}Z"')
            text = text.replace("<time>", f"{A_TIME} +0000 UTC")
            self.etcd.put(self._expand(key), self._expand(text))

    # ---- one step

    def _expand(self, text):
        text = text.replace("<etcd>", self.etcd.url).replace("<bin>", "/nonexistent/bin")
        text = text.replace("<netns>", "/nonexistent/netns").replace("<dir>", "/nonexistent/dir")
        return self.renaming.to_ours(text)

    def _run(self, step):
        env = {"PATH": os.environ["PATH"]}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        args = [self._expand(a) for a in step["args"]]
        if step["program"] == "calicoctl":
            env.update(DATASTORE_TYPE="etcdv3", ETCD_ENDPOINTS=self.etcd.url)
            args.insert(0, "--allow-version-mismatch")
        env.update({k: self._expand(v) for k, v in (step.get("env") or {}).items()})
        stdin = step.get("stdin") or ""
        if not isinstance(stdin, str):
            stdin = json.dumps(stdin, separators=(",", ":"))
        done = subprocess.run([self.programs[step["program"]]] + args, env=env, cwd="/",
                              input=self._expand(stdin), capture_output=True, text=True, timeout=120)
        if done.returncode < 0 or "Sanitizer" in done.stderr:
            raise RuntimeError(f"crashed: {done.returncode} {done.stderr}")
        return done

    def _change(self, step):
        for key, value in (step.get("put") or {}).items():
            text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
            self.etcd.put(self._expand(key), self._expand(text))
        for key in step.get("delete") or []:
            self.etcd.delete(self._expand(key))

    def _compare_output(self, step, done):
        result = differences(done.returncode, step["exit"], "exit")
        want = step["stdout"]
        out = self.renaming.to_recorded(normalise(done.stdout))
        if "<pointer>" in str(want) or (isinstance(want, str) and self.renaming.moved()):
            want = re.sub(r"\(\*ipam.VMAddressPersistence\)\(<pointer>\)", "Enabled", want)
            result += differences(squeeze(out), squeeze(want), "stdout")
        else:
            result += differences(parsed(out), want, "stdout")
        if step["program"] == "calicoctl":
            error = self.renaming.to_recorded(done.stderr).strip()
            result += differences(error, (step.get("stderr_contains") or "").strip(), "stderr")
        return result

    def step(self, step):
        if not self.keep_hints:
            clean()
        if step["program"] == "etcd":
            self._change(step)
            return self._compare_etcd(step["etcd_after"]) if "etcd_after" in step else []
        done = self._run(step)
        result = self._compare_etcd(step["etcd_after"])
        return self._compare_output(step, done) + result + (
            [f"the program says: {done.stderr.strip()}"] if result and done.stderr else [])

    def run(self):
        """Yields (number, program and arguments, differences)."""
        clean()
        self.with_pools = any(POOLS in key for s in self.data["steps"] for key in s.get("etcd_after", {}))
        self.etcd.fill({k: v if isinstance(v, str) else json.dumps(v, separators=(",", ":"))
                        for k, v in self.data["etcd_before"].items()})
        self.now()
        for number, step in enumerate(self.data["steps"], 1):
            time.sleep(PAUSES.get((self.name, number), 0))
            if (self.name, number) in NOT_RUN:
                yield number, step, ["not run"]
                continue
            try:
                found = self.step(step)
            except (RuntimeError, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as e:
                found = [f"{type(e).__name__}: {e}"]
            yield number, step, found


def clean():
    for directory in CLEAN:
        shutil.rmtree(directory, ignore_errors=True)


def own_namespaces():
    if not os.environ.get("IPAM_TEST_INSIDE"):
        os.environ["IPAM_TEST_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                              "--mount-proc", sys.executable] + sys.argv)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for directory in ("/run", "/var/lib"):
        subprocess.run(["mount", "-t", "tmpfs", "none", directory], check=True)


def judge(scenario, number, step, found, counts, verbose):
    why = DIFFERENT.get((scenario.name, number)) or NOT_RUN.get((scenario.name, number))
    if not found:
        counts["passed"] += 1
        if why:
            print(f"NOTE {scenario.name} step {number} passes, but is listed: {why}")
        return
    counts["excused" if why else "failed"] += 1
    if verbose or not why:
        words = (step.get("env") or {}).get("CNI_COMMAND", ""), *step.get("args", [])
        print(f"FAILED {scenario.name} step {number} ({step['program']} {' '.join(words).strip()})"
              + (f" (listed: {why})" if why else ""), *found, sep="\n    ", flush=True)


def run_scenario(scenario, counts, verbose):
    for number, step, found in scenario.run():
        judge(scenario, number, step, found, counts, verbose)
        if not any(d.startswith("etcd") for d in found):
            continue
        if (scenario.name, number) in DIFFERENT:
            scenario.restore(step["etcd_after"])
        else:
            counts["left out"] += len(scenario.data["steps"]) - number
            return


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("calico_ipam")
    parser.add_argument("calicoctl")
    parser.add_argument("vectors", type=pathlib.Path)
    parser.add_argument("-v", "--verbose", action="store_true", help="show what is excused, too")
    parser.add_argument("-k", metavar="TEXT", default="", help="only scenarios with TEXT in the name")
    options = parser.parse_args()
    own_namespaces()
    programs = {"calico-ipam": os.path.abspath(options.calico_ipam),
                "calicoctl": os.path.abspath(options.calicoctl)}
    counts = {"passed": 0, "failed": 0, "excused": 0, "left out": 0}
    with tempfile.TemporaryDirectory() as top:
        etcd = Etcd(top, 2379)
        try:
            for keep_hints in (True, False):
                for path in sorted(options.vectors.glob("*.json")):
                    if options.k in path.stem:
                        run_scenario(Scenario(path, programs, etcd, keep_hints), counts, options.verbose)
        finally:
            etcd.stop()
    for (name, number), why in sorted((DIFFERENT | NOT_RUN).items()):
        print(f"listed: {name} step {number}: {why}")
    if counts["left out"]:
        print(f"{counts['left out']} steps were not judged")
    conclude(counts["passed"], counts["failed"], counts["excused"] + counts["left out"])
    return 1 if counts["failed"] or not counts["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
