# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparison of what was seen with what was recorded, where a recording has placeholders."""

import ipaddress
import re

PLACEHOLDER = {
    "<time>": r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC)",
    "<uid>": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "<mac>": r"([0-9a-f]{2}:){5}[0-9a-f]{2}",
    "<n>": r"\d+",
}


BLOCK = "/calico/ipam/v2/assignment/"
ADDRESS = re.compile(r"(?<![\w:.])(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]*:[0-9a-f:]*)(?![\w:.])")


class Blocks:
    """Which block a host takes first is free: tells ours by the names of the recorded ones."""

    def __init__(self):
        self.names = {}  # network of ours -> network of the recording

    def learn(self, want, got):
        recorded, ours = ([network(k) for k in keys if k.startswith(BLOCK)] for keys in (want, got))
        new = [n for n in recorded if n not in self.names.values()]
        for mine in ours:
            if mine in self.names or mine in new and mine in recorded:
                self.names.setdefault(mine, mine)
                new = [n for n in new if n != mine]
        for mine in (n for n in ours if n not in self.names):
            alike = [n for n in new if n.prefixlen == mine.prefixlen and same_pool(n, mine)]
            if alike:
                self.names[mine] = alike[0]
                new.remove(alike[0])

    def address(self, found):
        try:
            mine = ipaddress.ip_address(found[0])
        except ValueError:
            return found[0]
        for ours, recorded in self.names.items():
            if mine in ours:
                return str(recorded[int(mine) - int(ours[0])])
        return found[0]

    def tell(self, value):
        if isinstance(value, str):
            return ADDRESS.sub(self.address, value)
        if isinstance(value, list):
            return [self.tell(x) for x in value]
        if isinstance(value, dict):
            return {self.tell(k): self.tell(v) for k, v in value.items()}
        return value


def network(key):
    return ipaddress.ip_network(key.rsplit("/", 1)[1].replace("-", "/"))


def same_pool(a, b):
    """The pools of the recordings are /24 and /120."""
    return a.version == b.version and a.supernet(new_prefix=a.max_prefixlen - 8) == \
        b.supernet(new_prefix=b.max_prefixlen - 8)


class Matcher:
    """One for each scenario: it remembers the sequence number that each block began with."""

    def __init__(self, fill_in):
        self.fill_in = fill_in
        self.start = {}
        self.blocks = Blocks()
        self.differences = []

    def differ(self, where, want, got):
        self.differences.append(f"{where}: want {want!r}, got {got!r}")

    def text(self, where, want, got):
        pattern = re.escape(self.fill_in(want))
        for name, form in PLACEHOLDER.items():
            pattern = pattern.replace(re.escape(name), form)
        if not isinstance(got, str) or not re.fullmatch(pattern, got, re.S):
            self.differ(where, want, got)

    def sequence(self, where, want, got):
        block = where.split(".sequenceNumber")[0].removeprefix("etcd")
        offset = int(want[1:])
        if not isinstance(got, int) or self.start.setdefault(block, got - offset) != got - offset:
            self.differ(where, f"{want} with S={self.start.get(block)}", got)

    def value(self, where, want, got):
        if isinstance(want, str) and re.fullmatch(r"S[+-]\d+", want):
            self.sequence(where, want, got)
        elif isinstance(want, str):
            self.text(where, want, got)
        elif isinstance(want, dict) and isinstance(got, dict):
            self.members(where, want, got)
        elif isinstance(want, list) and isinstance(got, list) and len(want) == len(got):
            for i, (a, b) in enumerate(zip(want, got)):
                self.value(f"{where}[{i}]", a, b)
        elif type(want) is not type(got) or want != got:
            self.differ(where, want, got)

    def members(self, where, want, got):
        # The block's own sequence number first: those of its addresses are told relative to it.
        for name in sorted(want, key=lambda name: name != "sequenceNumber"):
            if name in got:
                self.value(f"{where}.{name}", want[name], got[name])
            else:
                self.differ(f"{where}.{name}", want[name], None)
        for name in got:
            if name not in want:
                self.differ(f"{where}.{name}", None, got[name])
