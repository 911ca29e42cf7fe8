# SPDX-License-Identifier: GPL-2.0-or-later
"""A core of three members of etcd and a proxy on each host: members and proxies fail, connections
stand, policy goes on changing."""
import signal

import pytest

from lab import plan, wait
from lab.core import Options
from lab.node import LabError
from standing import CAST, ONLY_80, OPEN, everything_as_it_should, open_flows


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=[OPEN], core=Options(members=3, proxy=True))


@pytest.fixture
def flows(stage):
    with open_flows(stage) as flows:
        yield flows


def keep_changing(stage, seconds=60):
    """A policy written now comes to be in force on each host. A write whose member dies may fail,
    or be done all the same: whoever writes tries again, and so do we."""
    def change():
        try:
            stage.fence()
            return True
        except (LabError, TimeoutError):
            return False

    wait.until("a change to be in force on every host", change, seconds)


def test_programs_use_the_proxy(stage):
    for host in stage.hosts:
        there = host.run("ss", "-Htn", "state", "established", "dst", "127.0.0.1:2379").stdout
        assert len(there.splitlines()) >= 2, "Felix and calico-bgp"


def test_each_member_is_killed_in_turn(stage, flows):
    core = stage.lab.core
    stage.apply(ONLY_80)
    with everything_as_it_should(stage, flows):
        for member in core.members:
            core.kill_member(member)
            keep_changing(stage)
            core.start_members()
            keep_changing(stage)


def test_all_members_are_gone_and_come_back(stage, flows):
    """The kernel keeps what it has; changes arrive when etcd is back."""
    core = stage.lab.core
    stage.apply(ONLY_80)
    with everything_as_it_should(stage, flows):
        for member in core.members:
            core.kill_member(member)
        stage.check({stage.probe("client", "server"): True,
                     stage.probe("client", "server", port=81): False})
        core.start_members()
        keep_changing(stage)


def test_the_proxies_are_killed(stage, flows):
    stage.apply(ONLY_80)
    with everything_as_it_should(stage, flows):
        for host in stage.hosts:
            host.signal("etcd-proxy", signal.SIGKILL)
        keep_changing(stage)


@pytest.fixture
def without_proxies(stage):
    for host in stage.hosts:
        host.stop("etcd-proxy")
    yield
    for host in stage.hosts:
        stage.lab.core.start_proxy(host)


def test_the_proxies_stay_away(stage, flows, without_proxies):
    stage.apply(ONLY_80)
    with everything_as_it_should(stage, flows):
        keep_changing(stage)


@pytest.fixture
def on_first_member(stage, without_proxies):
    """Programs that start look for a server from the top of their list."""
    first = plan.member_address(1, 4)
    for host in stage.hosts:
        for service in ("felix", "bgp"):
            host.signal(service, signal.SIGTERM)
    for host in stage.hosts:
        wait.until(f"Felix and calico-bgp on {host.name} to be with the first member",
                   lambda: len(host.run("ss", "-Htn", "state", "established", "dst",
                                        f"{first}:2379").stdout.splitlines()) == 2, 20)
        wait.until("Felix to be ready", host.felix_ready, 20)


@pytest.mark.parametrize("who", ["members", "all"])
@pytest.mark.parametrize("member", [1, 2])
def test_a_member_is_cut_off(stage, flows, on_first_member, member, who):
    """Programs are with the first member. Cut off from the other members it still answers them, but
    can do nothing; cut off from all it is silent, and a watch that waits is slow to notice."""
    core = stage.lab.core
    stage.apply(ONLY_80)
    with everything_as_it_should(stage, flows):
        core.cut_member(member, who)
        try:
            keep_changing(stage, 90)
        finally:
            core.heal_member(member)
        core.start_members()
        keep_changing(stage)
