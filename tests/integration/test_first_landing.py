# SPDX-License-Identifier: GPL-2.0-or-later
"""Two hosts, both families, one GlobalNetworkPolicy: before, with it, after."""
import pytest

from lab import matrix, probe
from stage import Stage, gnp, rule

CAST = {"web": (2, {"labels": {"role": "web"}}), "front": (1, {"labels": {"role": "front"}}),
        "near": (2, {"labels": {"role": "front"}}), "other": (1, {"labels": {"role": "other"}})}

POLICY = gnp("web-from-front", "role == 'web'", ingress=[
    rule("Allow", protocol="TCP", source={"selector": "role == 'front'"},
         destination={"ports": [80]})])


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST)


def everything(stage):
    return matrix.measure(list(stage.cast.values()), protocols=("tcp", "udp", "icmp"))


def allowed(key):
    """Into web only TCP from a front, in both families; elsewhere everything."""
    source, target, _family, protocol = key
    if not target.endswith("/web"):
        return True
    return protocol == "tcp" and source.rpartition("/")[2] in ("front", "near")


def test_before_during_after(stage):
    before = everything(stage)
    assert len(before) == 72 and set(before.values()) == {"ok"}

    stage.apply(POLICY)
    during = everything(stage)
    assert {k for k, v in during.items() if v == "ok"} == {k for k in during if allowed(k)}
    assert {v for k, v in during.items() if not allowed(k)} == {"silent"}
    other_port = stage.probe("front", "web", port=81)
    assert [r.outcome for r in probe.run([other_port], 0.5)] == ["silent"]

    stage.delete(POLICY)
    assert everything(stage) == before
