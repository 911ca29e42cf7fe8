# SPDX-License-Identifier: GPL-2.0-or-later
"""Blocks as routes, on two hosts and in both families: announced whole, what nobody has of them is
thrown away, borrowed addresses stand out. The keys are written as IPAM would."""
import ipaddress
import json
import os

import pytest

from lab import etcd, plan, programs, wait
from stage import resource

IPAM = "/calico/ipam/v2"
BLOCKS = {"host1": {4: "10.65.1.0/26", 6: "fd00:65::1:0/122"},
          "host2": {4: "10.65.2.0/26", 6: "fd00:65::2:0/122"}}
UNUSED = {4: "10.65.2.50", 6: "fd00:65::2:32"}
BORROWED = {4: "10.65.2.9", 6: "fd00:65::2:9"}
FAMILIES = pytest.mark.parametrize("family", (4, 6))

CAST = {"web": (2, {}), "front": (1, {}),
        "borrower": (1, {"ipv4": BORROWED[4], "ipv6": BORROWED[6]})}


@pytest.fixture(scope="module")
def stage(make_stage):
    stage = make_stage(CAST)
    for host in BLOCKS:
        set_blocks(stage, host, "confirmed")
    await_aggregates(stage)
    return stage


def put(stage, key, value):
    writer = etcd.Writer(stage.lab.room.process)
    writer.put(key, value) if value is not None else writer.delete(key)
    writer.finish()


def block_key(prefix, cidr):
    return f"{IPAM}/{prefix}/ipv{ipaddress.ip_network(cidr).version}/block/{cidr.replace('/', '-')}"


def put_affinity(stage, host, cidr, state):
    """`state` None: none."""
    value = state and json.dumps({"state": state, "deleted": False})
    put(stage, block_key(f"host/{host}", cidr), value)


def put_block(stage, host, cidr, nodes=None):
    """`nodes`: address -> the node that has it. `host` None: no block."""
    network = ipaddress.ip_network(cidr)
    nodes = {int(ipaddress.ip_address(a)) - int(network[0]): n for a, n in (nodes or {}).items()}
    free = [i for i in range(network.num_addresses) if i not in nodes]
    used = sorted(nodes)
    block = {"cidr": cidr, "affinity": f"host:{host}",
             "allocations": [used.index(i) if i in nodes else None
                             for i in range(network.num_addresses)],
             "unallocated": free, "deleted": False, "sequenceNumber": 1,
             "attributes": [{"handle_id": f"h{i}", "secondary": {"node": nodes[i]}} for i in used]}
    put(stage, block_key("assignment", cidr), host and json.dumps(block))


def set_blocks(stage, host, state):
    for cidr in BLOCKS[host].values():
        put_affinity(stage, host, cidr, state)
        put_block(stage, host, cidr)


def via(stage, host, destination, family):
    """The host that the route of this destination leads to, or what the line begins with."""
    line = stage.lab.hosts[host].run("ip", f"-{family}", "route", "show", "exact",
                                     destination).stdout.split()
    if "via" not in line:
        return line[0] if line else None
    gateway = line[line.index("via") + 1]
    return next(name for name, h in stage.lab.hosts.items() if h.addresses[family] == gateway)


def await_routes(stage, wanted):
    """{(host, destination, family): as via() says it}"""
    def found():
        return {key: via(stage, *key) for key in wanted}
    wait.until(f"the routes {wanted}", lambda: found() == wanted, 20)


def each(other):
    return {"host1": "host2", "host2": "host1"}[other]


def addresses(stage, family):
    return {"host1": stage["front"].addresses[family], "host2": stage["web"].addresses[family]}


def await_aggregates(stage):
    await_routes(stage, {(host, BLOCKS[peer][family], family): peer
                         for host, peer in (("host1", "host2"), ("host2", "host1"))
                         for family in (4, 6)})
    await_routes(stage, {(host, addresses(stage, family)[each(host)], family): None
                         for host in BLOCKS for family in (4, 6)})


def routes_said(stage, host, destination, family):
    return stage.lab.hosts[host].run("ip", f"-{family}", "route", "show", "exact",
                                     destination).stdout


def forwarded(host):
    """Packets that the host forwarded since it began, IPv4 and IPv6."""
    lines = [line.split() for line in host.run("cat", "/proc/net/snmp").stdout.splitlines()]
    names, values = [line for line in lines if line[0] == "Ip:"]
    six = dict(line.split() for line in host.run("cat", "/proc/net/snmp6").stdout.splitlines())
    return {4: int(values[names.index("ForwDatagrams")]), 6: int(six["Ip6OutForwDatagrams"])}


def bird_took_over(stage, host):
    return stage.lab.hosts[host].log("bgp").count("BIRD took over a new configuration")


def test_everybody_is_reached(stage):
    stage.check({stage.probe(a, b, family=f): True for f in (4, 6)
                 for a in stage.cast for b in stage.cast if a != b})


@FAMILIES
def test_a_block_is_announced_whole(stage, family):
    for host in BLOCKS:
        peer = each(host)
        assert via(stage, host, BLOCKS[peer][family], family) == peer
        assert via(stage, host, addresses(stage, family)[peer], family) is None
        assert routes_said(stage, host, BLOCKS[host][family], family).startswith("blackhole ")


@FAMILIES
def test_a_borrowed_address_has_its_own_route(stage, family):
    assert via(stage, "host2", BORROWED[family], family) == "host1"
    stage.check({stage.probe("web", "borrower", family=family): True,
                 stage.probe("borrower", "web", family=family): True})


@FAMILIES
def test_what_nobody_has_ends_on_the_host_of_the_block(stage, family):
    host = stage.lab.hosts["host2"]
    unused = stage.probe("front", "web", family=family, target_address=UNUSED[family])
    before = forwarded(host)[family]
    stage.check({unused: False})
    assert forwarded(host)[family] == before
    stage.check({stage.probe("front", "web", family=family): True})
    assert forwarded(host)[family] > before


def test_a_write_that_changes_nothing_reloads_nothing(stage):
    before = bird_took_over(stage, "host2")
    set_blocks(stage, "host2", "confirmed")
    put_affinity(stage, "host1", "10.65.77.0/26", "confirmed")  # not this host's
    await_routes(stage, {("host2", "10.65.77.0/26", 4): "host1"})
    put_affinity(stage, "host1", "10.65.77.0/26", None)
    await_routes(stage, {("host2", "10.65.77.0/26", 4): None})
    assert bird_took_over(stage, "host2") == before


def test_release_and_claim(stage):
    """While a block is released its addresses go one by one; pending it is nobody's."""
    block, web = BLOCKS["host2"], stage["web"].addresses
    states = (("pendingDeletion", "host2", "host2"), ("pending", None, "host2"),
              (None, None, "host2"), ("pending", None, "host2"), ("confirmed", "host2", None))
    for state, whole, single in states:
        for cidr in block.values():
            put_affinity(stage, "host2", cidr, state)
        await_routes(stage, {("host1", block[f], f): whole for f in (4, 6)}
                     | {("host1", web[f], f): single for f in (4, 6)}
                     | {("host2", block[f], f): whole and "blackhole" for f in (4, 6)})
        stage.check({stage.probe("front", "web", family=f): True for f in (4, 6)})


@FAMILIES
def test_only_a_better_metric_shows_an_address(stage, family):
    """So that an address which moves is found where it is; no metric at all is an ordinary one."""
    host = stage.lab.hosts["host2"]
    host.ip("link add elsewhere type veth peer name end", "link set elsewhere up",
            "link set end up")
    base = UNUSED[family]
    places = {metric: str(ipaddress.ip_address(base) + i)
              for i, metric in enumerate((0, 1024, 512))}
    for metric, address in places.items():
        host.ip(f"route add {address} dev elsewhere proto static metric {metric}")
    await_routes(stage, {("host1", places[512], family): "host2"})
    assert "metric 512" in routes_said(stage, "host1", places[512], family)
    assert via(stage, "host1", places[0], family) is None
    assert via(stage, "host1", places[1024], family) is None
    host.ip("link del elsewhere")
    await_routes(stage, {("host1", places[512], family): None})


def pool(name, cidr, **spec):
    return resource("IPPool", name, {"cidr": cidr, **spec})


def test_a_pool_that_is_not_exported(stage):
    pools = [pool("quiet4", "10.70.0.0/24", disableBGPExport=True),
             pool("quiet6", "fd00:70::/112", disableBGPExport=True)]
    stage.write("apply", pools)
    quiet = {4: "10.70.0.0/26", 6: "fd00:70::/122"}
    for cidr in quiet.values():
        put_affinity(stage, "host2", cidr, "confirmed")
    await_routes(stage, {("host2", quiet[f], f): "blackhole" for f in (4, 6)})
    put_affinity(stage, "host2", "10.65.78.0/26", "confirmed")  # what comes later has arrived
    await_routes(stage, {("host1", "10.65.78.0/26", 4): "host2"})
    assert all(via(stage, "host1", quiet[f], f) is None for f in (4, 6))
    for cidr in [*quiet.values(), "10.65.78.0/26"]:
        put_affinity(stage, "host2", cidr, None)
    await_routes(stage, {("host2", quiet[f], f): None for f in (4, 6)})
    stage.write("delete", pools)


def test_felix_throws_away_in_pools_whose_routes_it_makes(stage):
    """With VXLAN; BIRD leaves those alone. A block of one address is the workload's."""
    pools = [pool("vx4", "10.66.0.0/24", vxlanMode="Always"),
             pool("vx6", "fd00:66::/112", vxlanMode="Always")]
    stage.write("apply", pools)
    tunnelled = {4: "10.66.0.0/26", 6: "fd00:66::/122"}
    for cidr in tunnelled.values():
        put_affinity(stage, "host2", cidr, "confirmed")
        put_block(stage, "host2", cidr)
    put_block(stage, "host2", "10.66.0.64/32")
    await_routes(stage, {("host2", tunnelled[f], f): "blackhole" for f in (4, 6)})
    assert all("proto 80" in routes_said(stage, "host2", tunnelled[f], f) for f in (4, 6))
    assert via(stage, "host2", "10.66.0.64", 4) is None
    host = stage.lab.hosts["host2"]
    host.run("ip", "route", "del", "blackhole", tunnelled[4])  # somebody else's mistake
    await_routes(stage, {("host2", tunnelled[4], 4): "blackhole"})
    for cidr in [*tunnelled.values(), "10.66.0.64/32"]:
        put_affinity(stage, "host2", cidr, None)
        put_block(stage, None, cidr)
    await_routes(stage, {("host2", tunnelled[f], f): None for f in (4, 6)})
    stage.write("delete", pools)


def ipam(stage, host, verb, container):
    """calico-ipam as a container runtime calls it; the addresses by family."""
    config = {"cniVersion": "1.0.0", "name": "lab", "type": "calico", "datastore_type": "etcdv3",
              "etcd_endpoints": plan.ETCD, "nodename": host,
              "ipam": {"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true",
                       "ipv4_pools": ["cni4"], "ipv6_pools": ["cni6"]}}
    program = os.path.join(programs.build_directory(), "src/cni/calico-ipam")
    done = stage.lab.hosts[host].run(
        program, input=json.dumps(config), CNI_COMMAND=verb, CNI_CONTAINERID=container,
        CNI_NETNS="/proc/self/ns/net", CNI_IFNAME="eth0", CNI_PATH="/x")
    found = [ipaddress.ip_interface(i["address"]).ip
             for i in json.loads(done.stdout or "{}").get("ips", [])]
    return {a.version: str(a) for a in found}


def block_of(address):
    return str(ipaddress.ip_network(f"{address}/{29 if '.' in address else 125}", strict=False))


def test_what_calico_ipam_gives_out(stage):
    """Two blocks of eight for two hosts: the ninth address is borrowed."""
    pools = [pool("cni4", "10.71.0.0/28", blockSize=29),
             pool("cni6", "fd00:71::/124", blockSize=125)]
    stage.write("apply", pools)
    one = ipam(stage, "host1", "ADD", "one")
    nine = [ipam(stage, "host2", "ADD", f"nine{i}") for i in range(9)][-1]
    assert all(block_of(nine[f]) == block_of(one[f]) for f in (4, 6))
    own = {f: next(str(b) for b in ipaddress.ip_network(cidr).subnets(new_prefix=length)
                   if str(b) != block_of(one[f]))
           for f, cidr, length in ((4, "10.71.0.0/28", 29), (6, "fd00:71::/124", 125))}
    for name, host, given in (("one", "host1", one), ("nine", "host2", nine)):
        stage.cast[name] = stage.lab.hosts[host].add_workload(
            name, ipv4=given[4], ipv6=given[6])
    await_routes(stage, {("host1", own[f], f): "host2" for f in (4, 6)}
                 | {("host2", block_of(one[f]), f): "host1" for f in (4, 6)}
                 | {("host1", nine[f], f): "host2" for f in (4, 6)}
                 | {("host2", one[f], f): None for f in (4, 6)})
    stage.check({stage.probe(a, b, family=f): True for f in (4, 6)
                 for a, b in (("one", "nine"), ("nine", "one"), ("front", "nine"))})

    for name, host in (("one", "host1"), ("nine", "host2")):
        stage.lab.hosts[host].remove_workload(name)
        del stage.cast[name]
    ipam(stage, "host1", "DEL", "one")
    for i in range(9):
        ipam(stage, "host2", "DEL", f"nine{i}")
    stage.write("delete", pools)  # gives the blocks back
    await_routes(stage, {(host, cidr, f): None for host in BLOCKS for f in (4, 6)
                         for cidr in (own[f], block_of(one[f]), nine[f])})
