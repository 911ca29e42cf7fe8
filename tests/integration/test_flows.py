# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections that stand while things change: policy, endpoints, Felix itself."""
import contextlib
import re
import signal

import pytest

from lab import wait
from stage import DENY, gnp, rule
from standing import CAST, ONLY_80, OPEN, everything_as_it_should, open_flows

CLOSED = gnp("closed", "app == 'server'", ingress=[DENY])


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=[OPEN])


@pytest.fixture
def flows(stage):
    with open_flows(stage) as flows:
        yield flows


def test_an_established_connection_survives_a_deny(stage, flows):
    """The fast path: policy is asked when a connection begins."""
    assert all(flow.exchange() for flow in flows)
    stage.apply(CLOSED)
    stage.check({stage.probe("client", "server", family=family): False for family in (4, 6)})
    assert all(flow.exchange() for flow in flows)


def ruleset(host):
    """Per table what is in it, without what changes by itself or is free to choose: counters,
    order, numbers of classes."""
    text = host.run("nft", "--stateless", "list", "ruleset").stdout
    text = re.sub(r"\d+ : goto", "class : goto", text)
    text = re.sub(r"tcp dport \d+ counter accept", "", text)  # the fence
    text = re.sub(r"elements = \{([^}]*)\}", lambda m: "elements = " + ",".join(sorted(
        e.strip() for e in m[1].split(","))), text)
    return {name: sorted(body.split("\n\n"))
            for name, body in re.findall(r"^table (.*?) \{\n(.*?)^\}", text, re.M | re.S)}


def restart_felix(stage, number):
    """Felix of the server's host gets a signal; returns once it works again."""
    host = stage["server"].host
    starts = host.services()["felix"]["starts"]
    host.signal("felix", number)
    wait.until("Felix to be started again", lambda: host.services()["felix"]["starts"] > starts)
    wait.until("Felix to be ready", host.felix_ready, seconds=20)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_felix_restarts_under_traffic(stage, flows, number):
    stage.apply(ONLY_80)
    before = ruleset(stage["server"].host)
    with everything_as_it_should(stage, flows):
        restart_felix(stage, number)
        stage.fence()
    assert ruleset(stage["server"].host) == before


def kill_felix(host):
    """Its supervisor may still be on the way to starting the next one."""
    pid = wait.until("Felix to run", lambda: host.services()["felix"]["pid"])
    host.signal("felix", signal.SIGKILL)
    wait.until("Felix to run again", lambda: host.services()["felix"]["pid"] not in (None, 0, pid))


def test_felix_is_killed_in_the_middle_of_changes(stage, flows):
    """Policies come and go while it dies; in the end the kernel is what a fresh Felix makes."""
    stage.apply(ONLY_80)
    host = stage["server"].host
    others = [gnp(f"other-{i}", "app == 'near'", order=i, ingress=[
        rule("Allow", source={"selector": f"app == 'client' || has(x{i})"})]) for i in range(8)]
    with everything_as_it_should(stage, flows):
        for i, policy in enumerate(others):
            stage.write("apply", [policy])
            if i % 3 == 1:
                kill_felix(host)
        stage.applied += others
        stage.fence()
    after = ruleset(host)
    host.stop("felix")
    for family in ("ip", "ip6", "arp"):
        host.run("nft", "delete", "table", family, "calico" + ("-arp" if family == "arp" else ""),
                 check=False)
    host.start_felix()
    wait.until("Felix to be ready", host.felix_ready, seconds=20)
    stage.fence()
    assert ruleset(host) == after


def test_etcd_restarts(stage, flows):
    """The kernel keeps what it has; changes arrive when etcd is back."""
    stage.apply(ONLY_80)
    with everything_as_it_should(stage, flows):
        stage.lab.core.stop_members()
        stage.check({stage.probe("client", "server"): True,
                     stage.probe("client", "server", port=81): False})
        stage.lab.core.start_members()
        stage.fence()
    stage.delete(ONLY_80)
    stage.apply(CLOSED)
    stage.check({stage.probe("client", "server"): False})
