# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that stand, and new ones that pass or do not, while something else goes on."""
import contextlib

from lab import wait
from lab.flow import Flow, Traffic, expecting, steady
from stage import ALLOW, gnp, profile, rule

OPEN = profile("open", [ALLOW], [ALLOW])
CAST = {"client": (1, {"profiles": ["open"]}), "near": (2, {"profiles": ["open"]}),
        "server": (2, {"profiles": ["open"]})}

ONLY_80 = gnp("only-80", "app == 'server'", ingress=[
    rule("Allow", protocol="TCP", destination={"ports": [80, 7000]})])


@contextlib.contextmanager
def open_flows(stage):
    with contextlib.ExitStack() as undo:
        yield [undo.enter_context(contextlib.closing(
            Flow(stage[source], stage["server"], family, port)))
            for source, port in (("client", 7000), ("near", 7001)) for family in (4, 6)]


@contextlib.contextmanager
def everything_as_it_should(stage, flows, patience=1.0):
    """Open connections answer, permitted new ones pass, denied ones never, for the block. A
    permitted one has `patience` seconds: its first packet is sent again after one."""
    allowed = [stage.probe("client", "server", family=family) for family in (4, 6)]
    denied = [stage.probe("client", "server", family=family, port=81) for family in (4, 6)]
    with contextlib.ExitStack() as stack:
        traffic = [stack.enter_context(Traffic(step)) for step in
                   [*map(steady, flows), expecting(allowed, True, patience),
                    expecting(denied, False, 0.05)]]
        yield
        marks = [t.rounds for t in traffic]
        wait.until("each kind of traffic to go on for a while", lambda: all(
            t.rounds > mark + 3 for t, mark in zip(traffic, marks)))
    for t in traffic:
        assert t.rounds > 0 and not t.wrong, t.wrong[:5]
