# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers with addresses of calico-ipam on two hosts, with Felix, BIRD and real packets."""
import ipaddress
import json

import pytest

from lab import etcd, matrix, programs, wait
from lab.lab import Lab

from conftest import SANITIZERS, end_lab, lab_name
from lab import lab as labs

IPAM = "/calico/ipam/v2/"


@pytest.fixture(scope="module")
def lab(request):
    name = lab_name(request.node.name)
    labs.take_down(name)
    lab = Lab.create(name, programs.directory(), env=SANITIZERS)
    try:
        for _ in range(2):
            lab.add_host()
    except BaseException:
        lab.down()
        raise
    yield lab
    end_lab(lab)


def stored(lab, prefix):
    return {key: json.loads(value) for key, value in
            etcd.get_prefix(lab.room.process, prefix).items()}


def allocated(lab):
    return sum(index is not None for block in stored(lab, IPAM + "assignment/").values()
               for index in block["allocations"])


def test_containers_reach_each_other(lab):
    """As soon as ADD has returned on both sides and the routes are there."""
    host1, host2 = lab.hosts.values()
    ends = [host1.add_workload("a"), host1.add_workload("b"), host2.add_workload("c")]
    lab.await_ready()
    outcomes = matrix.measure(ends)
    assert set(outcomes.values()) == {"ok"}, matrix.draw(ends, outcomes)
    for family, pool in ((4, "10.65.0.0/16"), (6, "fd00:65::/48")):
        addresses = {ipaddress.ip_address(end.addresses[family]) for end in ends}
        assert len(addresses) == 3
        assert all(address in ipaddress.ip_network(pool) for address in addresses)


def test_blocks_become_one_route(lab):
    """A host knows the blocks of the other, not its containers."""
    host1, host2 = lab.hosts.values()
    for family in (4, 6):
        address = host2.workloads["c"].addresses[family]
        assert address not in host1.routes(family)
        assert any("/" in d and ipaddress.ip_address(address) in ipaddress.ip_network(d)
                   for d, line in host1.routes(family).items()
                   if f"via {host2.addresses[family]}" in line)


def test_felix_keeps_what_the_plugin_made(lab):
    """Routes and parameters are the same after Felix has started again."""
    host = lab.hosts["host1"]
    workload = host.workloads["a"]

    def seen():
        return [host.routes(f)[workload.addresses[f]].split()[2] for f in (4, 6)]
    before = seen()
    host.signal("felix", 9)
    wait.until("Felix to be back", host.felix_ready, 30)
    assert seen() == before == [workload.interface] * 2
    assert workload.call_plugin("CHECK") is None


def test_deleted_containers_leave_nothing(lab):
    before = allocated(lab)
    host = lab.hosts["host2"]
    for i in range(3):
        host.add_workload(f"brief{i}")
    assert allocated(lab) == before + 6
    for i in range(3):
        host.remove_workload(f"brief{i}")
    assert allocated(lab) == before
    endpoints = stored(lab, "/calico/resources/v3/projectcalico.org/workloadendpoints/")
    assert len(endpoints) == 3
    wait.until("Felix to forget them", lambda: "cali" not in "".join(
        name for name in host.run("ls", "/sys/class/net").stdout.split()
        if name.startswith("cali") and name != host.workloads["c"].interface))
