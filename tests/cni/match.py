# SPDX-License-Identifier: GPL-2.0-or-later
"""Comparison of what was seen with what was recorded, where a recording has placeholders."""

import re

PLACEHOLDER = {
    "<time>": r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \+0000 UTC)",
    "<uid>": r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "<mac>": r"([0-9a-f]{2}:){5}[0-9a-f]{2}",
    "<n>": r"\d+",
}


class Matcher:
    """One for each scenario: it remembers the sequence number that each block began with."""

    def __init__(self, fill_in):
        self.fill_in = fill_in
        self.start = {}
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
