# SPDX-License-Identifier: GPL-2.0-or-later
"""Who reaches whom, as data and as a table."""
from . import probe

LETTER = {"tcp": "T", "icmp": "I", "udp": "U"}
PROTOCOLS = ("tcp", "icmp")
NO_ANSWER = "\u00b7"


def measure(ends, families=(4, 6), protocols=PROTOCOLS, port=80, seconds=1.0):
    """{(from, to, family, protocol): outcome} over all ordered pairs of `ends`."""
    results = probe.run(probe.all_pairs(ends, families, protocols, port), seconds)
    return {(r.probe.source.name, r.probe.target.name, r.probe.family, r.probe.protocol): r.outcome
            for r in results}


def cell(outcomes, source, target, families, protocols):
    if source == target:
        return "-"
    return " ".join(
        str(family) + "".join(
            LETTER[p] if outcomes[source, target, family, p] == "ok" else NO_ANSWER
            for p in protocols)
        for family in families)


def draw(ends, outcomes, port=80):
    """A text table: rows are senders, columns are receivers."""
    names = [end.name for end in ends]
    families = sorted({key[2] for key in outcomes})
    protocols = [p for p in LETTER if any(key[3] == p for key in outcomes)]
    rows = [["from \\ to", *names]]
    rows += [[a, *(cell(outcomes, a, b, families, protocols) for b in names)] for a in names]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) if i == 0 else c.center(w)
                       for i, (c, w) in enumerate(zip(row, widths))).rstrip() for row in rows]
    passed = sum(outcome == "ok" for outcome in outcomes.values())
    legend = {"tcp": f"T TCP port {port}", "udp": f"U UDP port {port}", "icmp": "I ICMP echo"}
    lines.append(f"{', '.join(f'{f} IPv{f}' for f in families)}, "
                 f"{', '.join(legend[p] for p in protocols)}, {NO_ANSWER} no answer: "
                 f"{passed} of {len(outcomes)} answered")
    return "\n".join(lines)
