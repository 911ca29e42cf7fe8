# SPDX-License-Identifier: GPL-2.0-or-later
"""The changes of a record, done by `nft -f`.

Usage: nft_file.py REPLAY RECORD SAMPLES
Builds the record's first state, replays its changes one by one, and writes each as the text that a
person would give to nft, out of the two listings around it. Then each is timed, process included;
a change of the record is followed by the one that undoes it.
"""
import re
import struct
import subprocess
import sys
import time

HEAD = struct.Struct("=24sII")  # struct rig_record


def changes(path):
    """The name of each change, from number 1 on."""
    names = {}
    with open(path, "rb") as f:
        while head := f.read(HEAD.size):
            name, change, length = HEAD.unpack(head)
            names[change] = name.partition(b"\0")[0].decode()
            f.seek(length, 1)
    return [names[i] for i in range(1, max(names) + 1)]


def listing():
    """{(family and table, kind, name): text} of chains, sets and maps."""
    text = subprocess.run(["nft", "list", "ruleset"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    blocks, table = {}, None
    for part in re.findall(r"^table ([^\n]*) \{$|^\t((?:chain|set|map) \S+) \{\n(.*?)^\t\}$", text,
                           re.MULTILINE | re.DOTALL):
        if part[0]:
            table = part[0]
        else:
            blocks[table, *part[1].split()] = part[2]
    return blocks


def elements(body):
    found = re.search(r"elements = \{(.*)\}", body, re.DOTALL)
    return {" ".join(e.split()) for e in found.group(1).split(",")} if found else set()


def element_lines(verb, key, values):
    table, _, name = key
    return [f"{verb} element {table} {name} {{ {', '.join(sorted(values))} }}"] if values else []


def difference(old, new):
    """The text that leads from one listing to the other."""
    gone = [k for k in old if k not in new]
    changed = [k for k in new if k in old and new[k] != old[k]]
    made = [k for k in new if k not in old]
    lines = []
    for key in changed:
        if key[1] != "chain":
            stale = elements(old[key]) - elements(new[key])
            lines += element_lines("delete", key, {e.partition(" : ")[0] for e in stale})
    for key in changed + gone:
        if key[1] == "chain":
            lines.append(f"flush chain {key[0]} {key[2]}")
    lines += [f"delete {kind} {table} {name}" for table, kind, name in gone]
    whole = made + [k for k in changed if k[1] == "chain"]
    for table in dict.fromkeys(key[0] for key in whole):  # one block: chains name one another
        lines.append(f"table {table} {{")
        lines += [f"\t{kind} {name} {{\n{new[t, kind, name]}\t}}"
                  for t, kind, name in whole if t == table]
        lines.append("}")
    for key in changed:
        if key[1] != "chain":
            lines += element_lines("add", key, elements(new[key]) - elements(old[key]))
    return "\n".join(lines) + "\n"


def main():
    replay, record, samples = sys.argv[1:]
    texts, now = [], None
    for number, name in enumerate(["", *changes(record)]):
        subprocess.run([replay, record, str(number), str(number)], stdout=subprocess.DEVNULL,
                       check=True)
        before, now = now, listing()
        if name:
            texts.append((name, f"/run/change{number}.nft"))
            with open(texts[-1][1], "w", encoding="utf-8") as f:
                f.write(difference(before, now))
    for pair in zip(texts[::2], texts[1::2]):
        for name, path in pair * int(samples):
            began = time.perf_counter()
            subprocess.run(["nft", "-f", path], check=True)
            print(f"{name}\tnft\tms\t{1000 * (time.perf_counter() - began):.3f}")


main()
