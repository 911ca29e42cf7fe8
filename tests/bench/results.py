# SPDX-License-Identifier: GPL-2.0-or-later
"""Samples, their medians, the table and the file of results.

A name is "SECTION: WHAT". Its variants: ours; floor, the same done by what is below us; nft, by
`nft -f`. Upstream's figures are on record in peer.json, taken on a machine of this kind. What we
want to reach is in targets.json, by patterns of names.
"""
import collections
import fnmatch
import json
import math
import os
import platform
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def load_average():
    return os.getloadavg()[0]


def quantile(values, q):
    """The smallest sample that at least a share q of all samples does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]


def median(values):
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def met(target, values):
    return median(values) <= target["median"] and \
        quantile(values, 0.99) <= target.get("p99", math.inf)


def show(value):
    """Three figures, no exponent."""
    if value is None:
        return ""
    digits = 2 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{min(4, max(0, digits))}f}"


def show_target(target):
    if not target:
        return ""
    p99 = f", p99 {target['p99']}" if "p99" in target else ""
    return f"{target['median']}{p99}{' ' if target['met'] else '!'}"


def read_json(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as f:
        return json.load(f)


def machine():
    with open("/proc/meminfo", encoding="ascii") as f:
        memory_mb = int(f.readline().split()[1]) // 1024
    return {"kernel": platform.release(), "cpus": os.cpu_count(), "memory_mb": memory_mb}


class Results:
    def __init__(self, mode):
        self.mode = mode
        self.samples = collections.defaultdict(lambda: collections.defaultdict(list))
        self.units, self.loads = {}, {}
        self.load_before = load_average()
        self.peer, self.targets = read_json("peer.json"), read_json("targets.json")

    def add(self, step, text):
        for line in text.splitlines():
            name, variant, unit, value = line.split("\t")
            name = f"{step.section}: {name}" if step.section else name
            self.samples[name][variant].append(float(value))
            self.units[name] = unit
            self.loads[name] = load_average()

    def entry(self, name):
        samples = self.samples[name]
        ours = samples.get("ours")
        entry = {"name": name, "unit": self.units[name], "load": round(self.loads[name], 2)}
        if ours:
            entry.update(value=median(ours), n=len(ours), max=max(ours))
            if len(ours) >= 10:
                entry.update(p90=quantile(ours, 0.9), p99=quantile(ours, 0.99))
        target = next((t for pattern, t in self.targets.items()
                       if fnmatch.fnmatchcase(name, pattern)), None)
        if target and ours:
            entry["target"] = {**target, "met": met(target, ours)}
        for variant in ("floor", "nft"):
            if samples.get(variant):
                entry[variant] = {"value": median(samples[variant])}
        if name in self.peer["figures"]:
            entry["peer"] = dict(self.peer["figures"][name])
        for other in ("floor", "nft", "peer"):
            if other in entry and entry.get("value"):
                entry[other]["ratio"] = entry[other]["value"] / entry["value"]
        return entry

    def entries(self):
        """In the order of their sections' first samples."""
        order = list(dict.fromkeys(name.partition(": ")[0] for name in self.samples))
        return [self.entry(name) for name in
                sorted(self.samples, key=lambda name: order.index(name.partition(": ")[0]))]

    def write(self, path):
        content = {"mode": self.mode, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                   "machine": machine(), "load": [self.load_before, load_average()],
                   "peer": self.peer["source"], "results": self.entries()}
        with open(path, "w", encoding="utf-8") as f:
            json.dump(content, f, indent=1)
            f.write("\n")

    def table(self):
        """A block per section."""
        head = f"{'':<44}{'median':>8}{'p90':>8}{'p99':>8} {'unit':<5}{'n':>4}{'target':>12}" \
               f"{'floor':>8}{'':>8}{'nft -f':>8}{'':>8}{'upstream':>9}{'':>7}{'load':>5}"
        lines, section = [], None
        for entry in self.entries():
            this, _, what = entry["name"].partition(": ")
            if this != section:
                lines += ["", f"{this}", head]
                section = this
            lines.append(self.row(what, entry))
        return "\n".join(lines) + "\n\nTarget: the most that it should be; ! where it is not met. " \
            "Floor, nft -f, upstream: the figure,\nand how many times ours it is. " \
            f"Upstream: {self.peer['source']};\non record, not of this run.\n"

    @staticmethod
    def row(what, entry):
        def other(key, width):
            value = entry.get(key)
            ratio = f"x{show(value['ratio'])}" if value and "ratio" in value else ""
            return f"{show(value and value['value']):>{width}}{ratio:>8}"

        return (f"  {what:<42}{show(entry.get('value')):>8}{show(entry.get('p90')):>8}"
                f"{show(entry.get('p99')):>8} {entry['unit']:<5}{entry.get('n', ''):>4}"
                f"{show_target(entry.get('target')):>12}"
                f"{other('floor', 8)}{other('nft', 8)}{other('peer', 8)}{entry['load']:>5.1f}")
