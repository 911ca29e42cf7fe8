# SPDX-License-Identifier: GPL-2.0-or-later
"""Blocks of ours <-> blocks of a recording.

Which block a host takes first is free, so the addresses of a recorded run are ours after exchanging
blocks of one size within their pool. The exchange is learnt from the keys that appear.
"""

import ipaddress
import re

BLOCK_KEY = re.compile(r"/calico/ipam/v2/assignment/ipv[46]/block/(.+)-(\d+)$")
ADDRESS = re.compile(r"(?<![\w.:])(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})"
                     r"(?:[/-](\d+))?(?![\w.:])")


def block_of_key(key):
    found = BLOCK_KEY.fullmatch(key)
    return ipaddress.ip_network(f"{found[1]}/{found[2]}") if found else None


class Renaming:
    def __init__(self):
        self.recorded = {}  # ours -> recorded, a permutation; absent: the same
        self.ours = {}      # the inverse
        self.settled = set()  # blocks of ours that were seen
        self.known = set()    # blocks of the recording that were seen

    def _exchange(self, ours, recorded):
        before = self.recorded.get(ours, ours)
        holder = self.ours.get(recorded, recorded)
        for a, b in ((ours, recorded), (holder, before)):
            self.recorded[a] = b
            self.ours[b] = a

    def learn(self, ours, recorded, pools):
        """`ours`, `recorded`: the keys and values that there are now."""
        def fresh(values, old):
            blocks = {block_of_key(key): value for key, value in values.items() if block_of_key(key)}
            return {block: value for block, value in blocks.items() if block not in old}

        def place(block):
            pool = [p for p in pools if p.version == block.version and block.subnet_of(p)]
            return block.version, block.prefixlen, pool

        here = fresh(ours, self.settled)
        for block, value in fresh(recorded, self.known).items():
            fits = [b for b, v in here.items()
                    if place(b) == place(block) and v.get("affinity") == value.get("affinity")]
            if fits:
                chosen = block if block in fits and self.recorded.get(block, block) == block else fits[0]
                self._exchange(chosen, block)
                self.settled.add(chosen)
                self.known.add(block)
                del here[chosen]

    def _translate(self, text, mapping):
        def one(found):
            text, length = found[0], found[1]
            separator = text[-len(length) - 1] if length else ""
            try:
                address = ipaddress.ip_address(text[:-len(length) - 1] if length else text)
            except ValueError:
                return text
            for block, other in mapping.items():
                if block.version != address.version or address not in block:
                    continue
                if length and int(length) < block.prefixlen:
                    continue
                moved = other.network_address + (int(address) - int(block.network_address))
                return f"{moved}{separator}{length or ''}"
            return text
        return ADDRESS.sub(one, text)

    def to_recorded(self, text):
        return self._translate(text, self.recorded)

    def to_ours(self, text):
        return self._translate(text, self.ours)

    def moved(self):
        return any(a != b for a, b in self.recorded.items())
