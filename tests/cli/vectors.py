#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs calicoctl against a real etcd over what upstream's program was recorded to do.

    vectors.py CALICOCTL VECTORS [-k TEXT]

Makes a network namespace of its own. Prints each difference and the totals.
"""

import argparse
import collections
import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import tempfile
import threading
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from etcd import Etcd  # noqa: E402

WORKERS = 2
PREFIX = "/calico/resources/v3/projectcalico.org/"
INITIAL = ["clusterinformation-default", "tier-default", "tier-kube-admin", "tier-kube-baseline"]
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


# Vectors that ours does not follow, by decision, though they carry no `ours` member: why, the exit
# status, and what has to be in the output or in what is stored instead.
Decision = collections.namedtuple("Decision", "reason exit text")
TEXT_RULE = "the member's type decides what an unquoted text means"
VALID_JSON = "upstream refuses escapes that JSON allows"
BAD_NAMESPACE = "a namespace that no reader can use is refused"
NAMES_PLACE = "ours names line and member"
TEMPLATE_FAULT = "a fault of upstream's template engine"
GO_DUMP = "a dump of a Go struct inside the text"
CIDRS = Decision(TEXT_RULE, 1, "BPFExcludeCIDRsFromNAT = '[10.0.0.0/8 y]'")
ANCHOR = Decision(NAMES_PLACE, 1, "yaml: line 3: metadata: unknown anchor referenced 'nope'")
DIFFERENT = {
    "invalid:felix-bpfexcludecidrsfromnat": CIDRS,
    "validate:felix-bpfexcludecidrsfromnat": CIDRS,
    "yaml:json-y": Decision(TEXT_RULE, 0, '"labels":{"a":"y"}'),
    "yaml:node-n": Decision(TEXT_RULE, 0, '"spec":{"node":"y","interfaceName":"on"}'),
    "yaml:escapes": Decision(VALID_JSON, 0, "Successfully created"),
    "yaml:json-escape": Decision(VALID_JSON, 0, "Successfully created"),
    "yaml:json-surrogates": Decision(VALID_JSON, 0, "Successfully created"),
    "yaml:json-slash": Decision(VALID_JSON, 0, "Successfully created"),
    "accepted:np-emptyns": Decision(BAD_NAMESPACE, 1, "A b"),
    "accepted:ns-nsbad": Decision(BAD_NAMESPACE, 1, "a/b"),
    "invalid:doc-alias-undefined": ANCHOR,
    "validate:doc-alias-undefined": ANCHOR,
    "yaml:map-key": Decision(NAMES_PLACE, 1, "yaml: invalid map key at line 6"),
    "commands:362 ipam show --show-configuration": Decision(
        GO_DUMP, 0, "| KubeVirtVMAddressPersistence | unset |"),
    "commands:154 get tier -o go-template-file=t": Decision(TEMPLATE_FAULT, 0, "4 tiers\n"),
}

Run = collections.namedtuple("Run", "exit stdout stderr")


class Case:
    """One run of the program, and what must come of it."""

    def __init__(self, name, args, **rest):
        self.name = name
        self.args = args
        self.stdin = rest.get("stdin") or ""
        self.files = rest.get("files") or {}
        self.env = rest.get("env") or {}
        self.before = rest.get("before") or []
        self.setup = rest.get("setup") or []
        self.etcd = rest.get("etcd") or {}
        self.check = rest["check"]  # (run, changed keys, all keys) -> list of differences
        if name in DIFFERENT:
            self.check = decided_check(DIFFERENT[name])


# ---- the recorded objects


class Library:
    def __init__(self, root):
        self.objects = {}
        for line in open(root / "resources/index.jsonl"):
            row = json.loads(line)
            text = (root / f"resources/{row['name']}.json").read_text()
            self.objects[row["name"]] = (row["key"], text, row.get("needs") or [])

    def _add(self, name, pairs):
        if name == "init" or name in pairs:
            return
        key, text, needs = self.objects[name]
        for need in needs:
            self._add(need, pairs)
        pairs[name] = (key, revive(text))

    def present(self, names):
        """name -> (key, value) of the vectors and of all that they need."""
        pairs = {}
        for name in (INITIAL if names else []) + list(names):
            self._add(name, pairs)
        return pairs


def revive(text):
    """A normalised value with a uid, a time and a GUID of its own again."""
    text = text.replace('"UID"', f'"{uuid.uuid4()}"').replace('"TIME"', '"2024-01-02T03:04:05Z"')
    return text.replace('"GUID"', f'"{uuid.uuid4().hex}"')


def normalise(text):
    text = re.sub(rf'("?uid"?: ?"?){UUID}', r"\1UID", text)
    text = re.sub(rf'("?creationTimestamp"?: ?"){TIME}', r"\1TIME", text)
    text = re.sub(r'("?clusterGUID"?: ?"?)[0-9a-f]{32}', r"\1GUID", text)
    text = re.sub(r'("?resourceVersion"?: ?")\d+"', r'\1RV"', text)
    text = re.sub(r"(?m)^(\S+ +)[0-9a-f]{32}(?= )", r"\1GUID" + " " * 28, text)
    text = re.sub(r"(?m)^((?:Client Version|Git commit): +)\S+", r"\1", text)
    return text


# ---- running


class Worker:
    def __init__(self, program, library, directory, number):
        self.program = program
        self.library = library
        self.directory = pathlib.Path(directory)
        self.etcd = Etcd(directory, 2379 + 100 * number)
        shown = subprocess.run([program, "version", "--client"], capture_output=True, text=True)
        self.version = shown.stdout.split()[2]

    def _environment(self, case):
        env = {"PATH": os.environ["PATH"], "DATASTORE_TYPE": "etcdv3",
               "ETCD_ENDPOINTS": self.etcd.url}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS"):
            if name in os.environ:
                env[name] = os.environ[name]
        for name, value in case.env.items():
            if value:
                env[name] = self._expand(value)
            else:
                env.pop(name, None)
        return env

    def _expand(self, text):
        return text.replace("@ETCD@", self.etcd.url)

    def call(self, case, args, stdin, cwd):
        done = subprocess.run([self.program] + args, cwd=cwd, input=stdin.encode(),
                              env=self._environment(case), capture_output=True, timeout=60)
        stderr = done.stderr.decode()
        if done.returncode < 0 or "Sanitizer" in stderr:
            raise RuntimeError(f"crashed: {done.returncode} {stderr}")
        return Run(done.returncode, done.stdout.decode(), stderr)

    def run(self, case):
        present = self.library.present(case.before)
        pairs = dict(present.values())
        pairs.update(case.etcd)
        revisions = self.etcd.fill(pairs)

        def expand(text):
            text = self._expand(text)
            return re.sub(r"@RV:(.*?)@", lambda m: revisions[present[m[1]][0]], text)

        with tempfile.TemporaryDirectory(dir=self.directory) as cwd:
            for name, text in case.files.items():
                path = pathlib.Path(cwd, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                # A report made by the same program: in the recordings its version is empty.
                path.write_text(expand(text).replace('"version": ""', f'"version": "{self.version}"'))
            for args in case.setup:
                if self.call(case, args, "", cwd).exit != 0:
                    return [f"setup failed: {args}"]
            old = self.etcd.read()
            run = self.call(case, [expand(a) for a in case.args], expand(case.stdin), cwd)
        new = self.etcd.read()
        changed = {key: normalise(value) for key, (value, _) in new.items()
                   if key not in old or old[key][0] != value}
        changed.update({key: None for key in old if key not in new})
        if not case.before:
            for name in INITIAL:
                changed.pop(self.library.objects[name][0], None)
        run = Run(run.exit, normalise(run.stdout).replace(self.etcd.url, "@ETCD@"),
                  normalise(run.stderr).replace(self.etcd.url, "@ETCD@"))
        return case.check(run, changed)


# ---- comparing


def same(what, got, want):
    return [] if got == want else [f"{what}:\n      got  {got!r}\n      want {want!r}"]


def same_text(what, got, want, unordered=False):
    if "<object>" in want:
        parts = [re.escape(p) for p in want.split("<object>")]
        return [] if re.fullmatch("[^:]*".join(parts), got) else same(what, got, want)
    if "0xADDRESS" in want:  # the dump of an object
        head, tail = want.split("'{", 1)[0], want.rsplit("}'", 1)[1]
        return [] if got.startswith(head) and got.endswith(tail) else same(what, got, want)
    if "docker run " in want:  # the -e arguments come in any order
        return same(what, sorted(re.split(r" (?=-)", got)), sorted(re.split(r" (?=-)", want)))
    if "valid values are: " in want:
        def parts(text):
            head, _, values = text.strip().partition("valid values are: ")
            return head, sorted(values.split(", "))
        return same(what, parts(got), parts(want))
    if unordered:
        return same(what, sorted(got.splitlines()), sorted(want.splitlines()))
    return same(what, got, want)


def decided_check(decision):
    """What ours does instead. What it refuses changes nothing."""
    def check(run, changed):
        seen = run.stdout + run.stderr + "".join(filter(None, changed.values()))
        found = same("exit", run.exit, decision.exit)
        if decision.exit:
            found += same("changed", changed, {})
        if decision.text not in seen:
            found.append(f"no {decision.text!r} ({decision.reason}): {seen!r}")
        return found
    return check


def crash_check(run, changed):
    """Upstream dies here; ours says what is wrong."""
    found = same("exit", run.exit, 1) + same("changed", changed, {})
    if not run.stderr or "panic" in run.stderr:
        found.append(f"no message: {run.stderr!r}")
    return found


def recorded_check(row, after):
    def check(run, changed):
        if row.get("help"):
            return same("exit", run.exit, row["exit"]) + same("usage", "Usage:" in run.stdout, True)
        ours = row.get("ours") or {}
        unordered = row.get("unordered", False)
        found = same("exit", run.exit, ours.get("exit", row["exit"]))
        found += same_text("stdout", run.stdout, ours.get("stdout", row["stdout"]), unordered)
        found += same_text("stderr", run.stderr, ours.get("stderr", row["stderr"]), unordered)
        # A run that ours refuses changes nothing.
        return found + same("changed", changed, {} if "exit" in ours else after)
    return crash_check if row.get("upstream") == "crashes" else check


# ---- commands.jsonl


def command_cases(root):
    for number, line in enumerate(open(root / "commands.jsonl"), 1):
        row = json.loads(line)
        yield Case(f"commands:{number} {' '.join(row['args'])}", row["args"],
                   check=recorded_check(row, row.get("after") or {}),
                   **{k: row.get(k) for k in ("stdin", "files", "env", "before", "setup", "etcd")})


# ---- get/


def get_cases(root):
    for line in open(root / "get/index.jsonl"):
        row = json.loads(line)
        path = root / "get" / row["file"]
        row["stderr"] = row.get("stderr", "")
        if row.get("upstream") == "crashes":
            def check(run, changed):
                rows = run.stdout.splitlines()
                return same("exit", run.exit, 0) + same("a table", len(rows) > 2, True)
        else:
            row["stdout"] = path.read_text()
            check = recorded_check(row, {})
        yield Case(f"get:{row['file']}", row["args"], before=row["before"], check=check)


# ---- invalid.jsonl, accepted.jsonl


def invalid_cases(root):
    for line in open(root / "invalid.jsonl"):
        row = json.loads(line)
        common = {"stdin": row["yaml"], "before": row.get("before")}
        yield Case(f"invalid:{row['name']}", ["create", "-f", "-"],
                   check=recorded_check(row, {}), **common)
        other = row.get("validate")
        if not other:
            ours = row.get("ours") or {}
            text = ours.get("stderr", row["stderr"]).replace("failed to create", "failed to validate")
            other = {"exit": row["exit"], "stdout": row["stdout"], "stderr": text}
        other.setdefault("unordered", row.get("unordered", False))
        yield Case(f"validate:{row['name']}", ["validate", "-f", "-"],
                   check=recorded_check(other, {}), **common)


def accepted_cases(root):
    for line in open(root / "accepted.jsonl"):
        row = json.loads(line)
        want = (row.get("ours") or {}).get("stored", row.get("stored"))

        def check(run, changed, row=row, want=want):
            if (row.get("ours") or {}).get("error"):
                return same("exit", run.exit, 1) + same("changed", changed, {})
            return same("exit", run.exit, 0) + same("stored", changed, want)
        yield Case(f"accepted:{row['name']}", ["create", "-f", "-"], stdin=row["yaml"],
                   before=row.get("before"), check=check)


# ---- yaml.jsonl


def member_of(changed, path):
    objects = [v for v in changed.values() if v]
    value = json.loads(objects[0]) if objects else None
    for name in path:
        try:
            value = value[name]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def reading_check(row, member):
    ours = row.get("ours") or {}

    def check(run, changed):
        if ours.get("error"):
            found = same("exit", run.exit, 1) + same("changed", changed, {})
            for part in (f"line {ours['line']}" if "line" in ours else "", ours.get("member", "")):
                if part not in run.stderr:
                    found.append(f"stderr names no {part!r}: {run.stderr!r}")
            return found
        if ours.get("accepted") or "objects" in ours:
            return same("exit", run.exit, 0) + (
                same("objects", len(changed), ours["objects"]) if "objects" in ours else [])
        want_exit = 0 if "stored" in ours else row["exit"]
        found = same("exit", run.exit, want_exit)
        if want_exit == 0:
            want = ours.get("stored", row.get("stored"))
            whole = "member" not in row and isinstance(want, dict)
            got = changed if whole else member_of(changed, member)
            return found + same("stored", got, want)
        return found + same_text("stderr", run.stderr, row["stderr"])
    return check


def yaml_cases(root):
    rows = [json.loads(line) for line in open(root / "yaml.jsonl")]
    members = {row["group"]: row["member"] for row in reversed(rows) if "member" in row}
    for row in rows:
        if row["group"] != "printing":  # a unit test has those
            member = row.get("member") or members.get(row["group"])
            yield Case(f"yaml:{row['name']}", ["create", "-f", "-"], stdin=row["yaml"],
                       check=reading_check(row, member))


# ---- all of it


class Totals:
    def __init__(self):
        self.lock = threading.Lock()
        self.passed = self.failed = 0

    def add(self, case, differences):
        with self.lock:
            if not differences:
                self.passed += 1
                return
            self.failed += 1
            print(f"FAILED {case.name}", *differences, sep="\n    ", flush=True)


def work(worker, cases, totals):
    while True:
        try:
            case = cases.get_nowait()
        except queue.Empty:
            break
        try:
            differences = worker.run(case)
        except Exception as e:  # pylint: disable=broad-except
            differences = [f"{type(e).__name__}: {e}"]
        totals.add(case, differences)
    worker.etcd.stop()


def own_network():
    if os.environ.get("VECTORS_INSIDE"):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return
    os.environ["VECTORS_INSIDE"] = "1"
    os.execvp("unshare", ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                          sys.executable] + sys.argv)


def conclude(passed, failed, skipped=0):
    """The last lines, in the form that `make check` counts."""
    print(f"[  PASSED  ] {passed} test(s)\n[  FAILED  ] {failed} test(s)\n"
          f"[  SKIPPED  ] {skipped} test(s)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("vectors", type=pathlib.Path)
    parser.add_argument("-k", metavar="TEXT", default="", help="only cases with TEXT in the name")
    options = parser.parse_args()
    own_network()
    library = Library(options.vectors)
    cases = queue.Queue()
    for source in (get_cases, command_cases, invalid_cases, accepted_cases, yaml_cases):
        for case in source(options.vectors):
            if options.k in case.name:
                cases.put(case)
    totals = Totals()
    with tempfile.TemporaryDirectory() as top:
        threads = []
        for number in range(WORKERS):
            directory = pathlib.Path(top, str(number))
            directory.mkdir()
            worker = Worker(os.path.abspath(options.program), library, directory, number)
            threads.append(threading.Thread(target=work, args=(worker, cases, totals)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    conclude(totals.passed, totals.failed)
    return 1 if totals.failed or not totals.passed else 0


if __name__ == "__main__":
    sys.exit(main())
