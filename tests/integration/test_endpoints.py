# SPDX-License-Identifier: GPL-2.0-or-later
"""Workloads that come, go, move and return: routes, sysctls, status, conntrack."""
import json

import pytest

from lab import etcd, wait
from lab.flow import Flow
from stage import ALLOW, DENY, gnp, profile

OPEN = profile("open", [ALLOW], [ALLOW])
CAST = {"client": (1, {"profiles": ["open"]}), "server": (2, {"profiles": ["open"]})}
FAMILIES = (4, 6)


@pytest.fixture(scope="module")
def stage(make_stage):
    # calico-node turns Felix's own status off for the cluster; the environment wins over that.
    return make_stage(CAST, profiles=[OPEN], env={"FELIX_REPORTINGINTERVALSECS": "2"})


@pytest.fixture
def extra(stage):
    """extra(host number, name, ...): a workload for the length of the test."""
    made = []

    def add(host, name, **arguments):
        workload = stage.hosts[host - 1].add_workload(name, profiles=["open"], **arguments)
        made.append(workload)
        stage.cast[name] = workload
        return workload

    yield add
    for workload in made:
        if workload.facts["name"] in workload.host.facts["workloads"]:
            workload.host.remove_workload(workload.facts["name"])
        del stage.cast[workload.facts["name"]]


def both_ways(stage, a, b, passes, seconds=0.5):
    stage.check({stage.probe(x, y, family=family): passes
                 for x, y in ((a, b), (b, a)) for family in FAMILIES}, seconds)


def test_interface_first(stage, extra):
    """A link without an endpoint carries nothing; with the endpoint it does."""
    workload = extra(1, "early", publish=False)
    stage.fence()
    both_ways(stage, "early", "client", False)
    both_ways(stage, "early", "server", False)
    stage.check({stage.probe("early", "host1", family=family): False for family in FAMILIES})
    workload.publish()
    stage.fence()
    stage.lab.await_ready()
    both_ways(stage, "early", "client", True)
    both_ways(stage, "early", "server", True)


def test_link_comes_again_under_its_name(stage, extra):
    """Endpoint first: the new link, with another index, gets policy before it carries anything."""
    workload = extra(2, "again")
    stage.apply(gnp("strict", "app == 'again'", ingress=[DENY]))
    stage.lab.await_ready()
    stage.check({stage.probe("client", "again", family=family): False for family in FAMILIES})
    workload.host.ip(f"link del {workload.interface}")
    workload.connect()
    stage.lab.await_ready()
    stage.check({**{stage.probe("client", "again", family=family): False for family in FAMILIES},
                 **{stage.probe("again", "client", family=family): True for family in FAMILIES}})


def test_workload_goes(stage, extra):
    workload = extra(2, "brief")
    stage.lab.await_ready()
    both_ways(stage, "client", "brief", True)
    workload.host.remove_workload("brief")
    for host in stage.hosts:
        wait.until(f"no routes to it on {host.name}", lambda: all(
            workload.addresses[f] not in host.routes(f) for f in FAMILIES))
    for host in stage.hosts:
        assert workload.interface not in host.run("nft", "list", "ruleset").stdout


def test_address_moves_to_another_host(stage, extra):
    first = extra(2, "mover")
    stage.lab.await_ready()
    both_ways(stage, "client", "mover", True)
    first.host.remove_workload("mover")
    again = {"ipv4": first.addresses[4], "ipv6": first.addresses[6]}
    stage.fence()
    extra(1, "moved", **again)
    stage.lab.await_ready()
    wait.until("host2 to reach it through host1", lambda: all(
        f"via {stage.hosts[0].addresses[f]}" in
        stage.hosts[1].routes(f).get(first.addresses[f], "") for f in FAMILIES))
    both_ways(stage, "server", "moved", True)


def test_conntrack_forgets_an_address_that_went(stage, extra):
    """Its connections are not those of whoever gets the address next."""
    workload = extra(2, "gone")
    stage.lab.await_ready()
    flows = [Flow(stage["client"], workload, family) for family in FAMILIES]
    assert all(flow.exchange() for flow in flows)
    host = workload.host

    def entries():
        return [line for family in ("ipv4", "ipv6")
                for line in host.run("conntrack", "-L", "-f", family).stdout.splitlines()
                if any(f"={workload.addresses[f]} " in line for f in FAMILIES)]

    assert entries()
    host.remove_workload("gone")
    wait.until("conntrack to forget it", lambda: not entries())
    for flow in flows:
        flow.close()


def test_routes_and_sysctls(stage):
    workload = stage["server"]
    host = workload.host
    name = workload.interface
    for family in FAMILIES:
        assert f"dev {name}" in host.routes(family)[workload.addresses[family]]
    expected = {f"ipv6/conf/{name}/accept_ra": 0, f"ipv4/conf/{name}/route_localnet": 1,
                f"ipv4/neigh/{name}/proxy_delay": 0, f"ipv4/conf/{name}/proxy_arp": 1,
                f"ipv4/conf/{name}/forwarding": 1, f"ipv6/conf/{name}/proxy_ndp": 1,
                f"ipv6/conf/{name}/forwarding": 1, "ipv4/ip_forward": 1,
                "ipv6/conf/all/forwarding": 1}
    found = {key: int(host.run("cat", f"/proc/sys/net/{key}").stdout) for key in expected}
    assert found == expected


def test_status_in_the_datastore(stage):
    """felix.md 6.1 and 6.2."""
    host = stage["server"].host
    prefix = f"/calico/felix/v2/no-region/host/{host.name}/"
    container = stage["server"].facts["container"]
    key = f"{prefix}workload/cni/default%2f{container}/endpoint/eth0"

    def statuses():
        return etcd.get_prefix(stage.lab.room.process, prefix)

    wait.until("the endpoint to be up", lambda: json.loads(
        statuses().get(key, "{}")).get("status") == "up", seconds=15)
    host.ip(f"link set {stage['server'].interface} down")
    wait.until("the endpoint to be down", lambda: json.loads(
        statuses().get(key, "{}")).get("status") == "down", seconds=15)
    host.ip(f"link set {stage['server'].interface} up")
    wait.until("the endpoint to be up again", lambda: json.loads(
        statuses().get(key, "{}")).get("status") == "up", seconds=15)
    wait.until("Felix's own status", lambda: f"{prefix}status" in statuses(), seconds=20)
    own = json.loads(statuses()[f"{prefix}status"])
    assert own["uptime"] > 0 and set(own) == {"time", "uptime", "first_update"}
    assert json.loads(statuses()[f"{prefix}last_reported_status"]).keys() == own.keys()

