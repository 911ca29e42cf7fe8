# SPDX-License-Identifier: GPL-2.0-or-later
"""Between a workload and hosts: felix.md 2.1 and 2.6 (cali-wl-to-host)."""
import pytest

from lab.node import LabError
from stage import ALLOW, DENY, gnp, profile

OPEN = profile("open", [ALLOW], [ALLOW])
CAST = {"w": (1, {"profiles": ["open"]}), "far": (2, {"profiles": ["open"]})}

NO_EGRESS = gnp("silent", "app == 'w'", types=["Egress"], egress=[DENY])
NO_INGRESS = gnp("deaf", "app == 'w'", types=["Ingress"], ingress=[DENY])


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=[OPEN])


def both(stage, source, target, passes):
    stage.check({stage.probe(source, target, family=family, protocol=protocol): passes
                 for family in (4, 6) for protocol in ("tcp", "udp", "icmp")})


@pytest.mark.parametrize("action, passes", [("Drop", False), ("Return", True), ("Accept", True)])
def test_policy_allows_then_the_action_decides(stage, action, passes):
    stage.to_host(action)
    both(stage, "w", "host1", passes)


@pytest.mark.parametrize("action", ["Drop", "Return", "Accept"])
def test_policy_denies_whatever_the_action(stage, action):
    stage.to_host(action)
    stage.apply(NO_EGRESS)
    both(stage, "w", "host1", False)


def test_return_leaves_it_to_the_host(stage):
    """What the host's own rules drop stays dropped; Accept does not overrule another table."""
    stage.to_host("Return")
    host = stage["w"].host
    host.run("nft", "-f", "-", input="table inet own { chain i { type filter hook input "
                                     "priority 10; tcp dport 80 drop; }; }\n")
    try:
        stage.check({stage.probe("w", "host1"): False,
                     stage.probe("w", "host1", protocol="udp"): True})
    finally:
        host.run("nft", "delete", "table", "inet", "own")


def test_reject_is_refused(stage):
    with pytest.raises(LabError):
        stage.to_host("Reject")


def test_to_another_host_only_egress_policy_counts(stage):
    stage.to_host("Drop")
    both(stage, "w", "host2", True)
    stage.apply(NO_EGRESS)
    both(stage, "w", "host2", False)


def test_from_its_host_is_not_policed(stage):
    stage.apply(NO_INGRESS, NO_EGRESS)
    both(stage, "host1", "w", True)
    both(stage, "host2", "w", False)
    both(stage, "far", "w", False)


def test_answers_from_the_host_come_back(stage):
    """A workload that may not be reached still gets the answers that it asked its host for."""
    stage.to_host("Accept")
    stage.apply(NO_INGRESS)
    both(stage, "w", "host1", True)
