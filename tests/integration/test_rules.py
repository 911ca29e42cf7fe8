# SPDX-License-Identifier: GPL-2.0-or-later
"""Every match of a rule, with real packets: the rows of felix.md 3.2, 3.3, 3.4 and 3.7.

Each row says which packets a rule matches. It is proven three ways: as the only Allow into the
server (what does not match is dropped), as a Deny before an Allow (what matches is dropped), and
as the only Allow out of the client.
"""
import dataclasses

import pytest

from lab.node import LabError
from lab.plan import Pools
from stage import ALLOW, gnp, rule

POOLS = Pools("10.0.0.0/8", "fd10::/16")

# Named ports: n is what the packets of most rows go to, m is another.
PORTS = [{"name": "port-n", "protocol": "TCP", "port": 80},
         {"name": "port-m", "protocol": "TCP", "port": 81}]

CAST = {
    "client": (1, {"ipv4": "10.1.1.1", "ipv6": "fd10:1::1", "labels": {"in-s": "yes"}}),
    "other": (1, {"ipv4": "10.3.3.3", "ipv6": "fd10:3::1", "labels": {"in-t": "yes"}}),
    "server": (2, {"ipv4": "10.2.2.2", "ipv6": "fd10:2::1", "labels": {"role": "server"},
                   "spec": {"ports": PORTS}}),
}
SERVER, CLIENT = "role == 'server'", "in-s == 'yes'"

S, T, EMPTY = "in-s == 'yes'", "in-t == 'yes'", "nobody == 'here'"
TWENTY = [*range(61, 80), 80]      # 80 comes after the fifteenth

TCP = {"protocol": "tcp", "port": 80, "source_port": 4000}
UDP = {"protocol": "udp", "port": 80}
ECHO = {"protocol": "icmp"}
SCTP = {"protocol": "sctp", "port": 80}


@dataclasses.dataclass
class Row:
    """`v4`, `v6`: whether the rule matches this packet in the family; None: not asked.
    `foreign`: the API refuses such a rule, so another writer puts it into the datastore."""
    name: str
    rule: dict
    v4: bool
    v6: bool
    packet: dict = dataclasses.field(default_factory=lambda: TCP)
    foreign: bool = False

    def expected(self):
        return {family: match for family, match in ((4, self.v4), (6, self.v6))
                if match is not None}


def tcp(source=None, destination=None, **more):
    r = {"protocol": "TCP", **more}
    if source:
        r["source"] = source
    if destination:
        r["destination"] = destination
    return r


def ports(*list_):
    return {"ports": list(list_)}


def no_ports(*list_):
    return {"notPorts": list(list_)}


def nets(*list_):
    return {"nets": list(list_)}


def no_nets(*list_):
    return {"notNets": list(list_)}


ROWS_3_7 = [
    Row("1 empty rule, TCP", {}, True, True),
    Row("1 empty rule, UDP", {}, True, True, UDP),
    Row("1 empty rule, echo", {}, True, True, ECHO),
    Row("1 empty rule, another protocol", {}, True, True, {"protocol": 253}),
    Row("2 protocol tcp", {"protocol": "TCP"}, True, True),
    Row("2 protocol tcp, UDP packet", {"protocol": "TCP"}, False, False, UDP),
    Row("3 notProtocol tcp", {"notProtocol": "TCP"}, False, False),
    Row("3 notProtocol tcp, UDP packet", {"notProtocol": "TCP"}, True, True, UDP),
    Row("4 protocol tcp, notProtocol udp", tcp(notProtocol="UDP"), True, True),
    Row("5 dstPorts [80]", tcp(None, ports(80)), True, True),
    Row("6 dstPorts [79, 81-90]", tcp(None, ports(79, "81:90")), False, False),
    Row("7 dstPorts 20 singles", tcp(None, ports(*TWENTY)), True, True),
    Row("8 dstPorts [443] or named n", tcp(None, ports(443, "port-n")), True, True),
    Row("9 dstPorts [80] or named m", tcp(None, ports(80, "port-m")), True, True),
    Row("10 dstPorts [443] or named m", tcp(None, ports(443, "port-m")), False, False),
    Row("11 named m, named n", tcp(None, ports("port-m", "port-n")), True, True),
    Row("12 notDstPorts [443], not named m", tcp(None, no_ports(443, "port-m")), True, True),
    Row("13 notDstPorts [443], not named n", tcp(None, no_ports(443, "port-n")), False, False),
    Row("14 notDstPorts 20 singles", tcp(None, no_ports(*TWENTY)), False, False),
    Row("15 srcPorts [4000], dstPorts [80]", tcp(ports(4000), ports(80)), True, True),
    Row("16 srcPorts [1], dstPorts [80]", tcp(ports(1), ports(80)), False, False),
    Row("17 srcNets", tcp(nets("10.0.0.0/8")), True, False),
    Row("18 srcNets, the second matches", tcp(nets("11.0.0.0/8", "10.1.0.0/16")), True, False),
    Row("19 srcNets none, dstNets both",
        tcp(nets("11.0.0.0/8", "12.0.0.0/8"), nets("10.0.0.0/8", "10.2.0.0/16")), False, False),
    Row("20 srcNets, notSrcNets",
        tcp({**nets("10.0.0.0/8"), **no_nets("10.1.0.0/16")}), False, False),
    Row("21 srcNets two, notSrcNets two",
        tcp({**nets("10.0.0.0/8", "11.0.0.0/8"), **no_nets("10.3.0.0/16", "10.4.0.0/16")}),
        True, False),
    Row("22 notSrcNets, the first matches", tcp(no_nets("10.1.0.0/16", "10.9.0.0/16")),
        False, False),
    Row("23 notSrcNets, none matches", tcp(no_nets("10.8.0.0/16", "10.9.0.0/16")), True, False),
    Row("24 notSrcNets everything", tcp(no_nets("0.0.0.0/0")), False, False,
        foreign=True),
    Row("25 srcNets of IPv6 only", tcp(nets("fd10::/16")), False, True),
    Row("28 ipVersion 6", tcp(ipVersion=6), False, True),
    Row("29 srcIPSets [S]", tcp({"selector": S}), True, True),
    Row("30 srcIPSets S and T", tcp({"selector": f"{S} && {T}"}), False, False),
    Row("31 srcIPSets empty", tcp({"selector": EMPTY}), False, False),
    Row("32 notSrcIPSets empty", tcp({"notSelector": EMPTY}), True, True),
    Row("33 srcIPSets S, notSrcIPSets S", tcp({"selector": S, "notSelector": S}), False, False),
    Row("34 srcNets and srcIPSets", tcp({**nets("11.0.0.0/8"), "selector": S}), False, False),
    Row("38 icmp type 8, TCP packet", {"protocol": "ICMP", "icmp": {"type": 8}}, False, False),
    Row("39 icmp type 8 code 0, echo", {"protocol": "ICMP", "icmp": {"type": 8, "code": 0}},
        True, False, ECHO),
    Row("39 icmp type 128 code 0, echo",
        {"protocol": "ICMPv6", "icmp": {"type": 128, "code": 0}}, False, True, ECHO),
    Row("40 notIcmp type 8 code 0, echo", {"protocol": "ICMP", "notICMP": {"type": 8, "code": 0}},
        False, False, ECHO),
    Row("40 notIcmp type 128 code 0, echo",
        {"protocol": "ICMPv6", "notICMP": {"type": 128, "code": 0}}, False, False, ECHO),
    Row("41 notIcmp type 8 code 0, type 8 code 1",
        {"protocol": "ICMP", "notICMP": {"type": 8, "code": 0}}, True, None,
        {"protocol": "icmp", "icmp": (8, 1)}),
    # Not 3/0 as the row has it: conntrack calls such a packet invalid on its own.
    Row("42 notIcmp type 8 code 0, type 13 code 0",
        {"protocol": "ICMP", "notICMP": {"type": 8, "code": 0}}, True, None,
        {"protocol": "icmp", "icmp": (13, 0)}),
    Row("43 notIcmp type 8 without protocol, TCP packet", {"notICMP": {"type": 8}}, False, False),
    Row("43 notIcmp type 9 without protocol, echo", {"notICMP": {"type": 9}}, True, None, ECHO),
    Row("44 protocol 132, dstPorts [80]", {"protocol": 132, "destination": ports(80)}, True, True,
        SCTP),
    Row("44 protocol 132, dstPorts [81]", {"protocol": 132, "destination": ports(81)},
        False, False, SCTP),
    Row("45 dstPorts [80] with udp, TCP packet", {"protocol": "UDP", "destination": ports(80)},
        False, False),
    Row("46 fragments, dstPorts [80]", {"protocol": "UDP", "destination": ports(80)}, True, True,
        {**UDP, "size": 4000}),
    Row("46 fragments, dstPorts [81]", {"protocol": "UDP", "destination": ports(81)},
        False, False, {**UDP, "size": 4000}),
]

ROWS_3_2 = [
    Row("ipVersion equals", tcp(ipVersion=4), True, False),
    Row("protocol by name, udp", {"protocol": "UDP"}, True, True, UDP),
    Row("protocol by name, icmp", {"protocol": "ICMP"}, True, False, ECHO),
    Row("protocol by name, icmpv6", {"protocol": "ICMPv6"}, False, True, ECHO),
    Row("protocol by name, sctp", {"protocol": "SCTP"}, True, True, SCTP),
    Row("protocol by number", {"protocol": 6}, True, True),
    Row("protocol by number, another packet", {"protocol": 253}, False, False),
    Row("protocol by number, without ports", {"protocol": 253}, True, True, {"protocol": 253}),
    Row("notProtocol by number", {"notProtocol": 17}, True, True),
    Row("srcNets", tcp(nets("10.1.1.1/32")), True, False),
    Row("srcNets, IPv6", tcp(nets("fd10:1::1/128")), False, True),
    Row("srcNets, another", tcp(nets("10.1.1.2/32")), False, False),
    Row("srcNets, another IPv6", tcp(nets("fd10:1::2/128")), False, False),
    Row("srcNets, an address without length", tcp(nets("10.1.1.1")), True, False,
        foreign=True),
    Row("notSrcNets", tcp(no_nets("10.1.1.1/32")), False, False),
    Row("notSrcNets, IPv6", tcp(no_nets("fd10:1::1/128")), False, False),
    Row("dstNets", tcp(None, nets("10.2.2.2/32")), True, False),
    Row("dstNets, IPv6", tcp(None, nets("fd10:2::/64")), False, True),
    Row("dstNets, another", tcp(None, nets("10.2.2.3/32")), False, False),
    Row("notDstNets", tcp(None, no_nets("10.2.2.2/32")), False, False),
    Row("notDstNets, another", tcp(None, no_nets("10.2.2.3/32")), True, False),
    Row("notDstNets, another IPv6", tcp(None, no_nets("fd10:3::/64")), False, True),
    Row("srcPorts range", tcp(ports("3999:4001")), True, True),
    Row("srcPorts, another", tcp(ports(3999)), False, False),
    Row("notSrcPorts", tcp(no_ports(4000)), False, False),
    Row("notSrcPorts, another", tcp(no_ports("4001:4010")), True, True),
    Row("srcIPSets, another", tcp({"selector": T}), False, False),
    Row("notSrcIPSets", tcp({"notSelector": S}), False, False),
    Row("notSrcIPSets, another", tcp({"notSelector": T}), True, True),
    Row("dstIPSets", tcp(None, {"selector": SERVER}), True, True),
    Row("dstIPSets, another", tcp(None, {"selector": T}), False, False),
    Row("notDstIPSets", tcp(None, {"notSelector": SERVER}), False, False),
    Row("notDstIPSets, another", tcp(None, {"notSelector": T}), True, True),
    Row("both sides", tcp({"selector": S}, {"selector": SERVER}), True, True),
    Row("one side fails", tcp({"selector": T}, {"selector": SERVER}), False, False),
    Row("icmp type", {"protocol": "ICMP", "icmp": {"type": 8}}, True, None, ECHO),
    Row("icmp type, another code", {"protocol": "ICMP", "icmp": {"type": 8}}, True, None,
        {"protocol": "icmp", "icmp": (8, 1)}),
    Row("icmp type and code, another code", {"protocol": "ICMP", "icmp": {"type": 8, "code": 0}},
        False, None, {"protocol": "icmp", "icmp": (8, 1)}),
    Row("icmpv6 type", {"protocol": "ICMPv6", "icmp": {"type": 128}}, None, True, ECHO),
    Row("icmpv6 type, another", {"protocol": "ICMPv6", "icmp": {"type": 129}}, None, False, ECHO),
    Row("notIcmp type", {"protocol": "ICMP", "notICMP": {"type": 8}}, False, None, ECHO),
    Row("notIcmp type, another", {"protocol": "ICMP", "notICMP": {"type": 13}}, True, None, ECHO),
    Row("notIcmp icmpv6 type, another", {"protocol": "ICMPv6", "notICMP": {"type": 129}},
        None, True, ECHO),
]

ROWS_3_3 = [
    Row("list absent", tcp(), True, True),
    Row("only IPv4 entries", tcp(nets("10.1.0.0/16")), True, False),
    Row("only IPv6 entries", tcp(nets("fd10:1::/32")), False, True),
    Row("negated, only IPv4 entries", tcp(no_nets("11.0.0.0/8")), True, False),
    Row("negated, only IPv6 entries", tcp(no_nets("fd11::/16")), False, True),
    Row("negated, ::/0", tcp(no_nets("::/0")), False, False, foreign=True),
    Row("source IPv4 and destination IPv4", tcp(nets("10.1.0.0/16"), nets("10.2.0.0/16")),
        True, False),
    Row("ipVersion 4", tcp(ipVersion=4), True, False),
    Row("an IP set has members of both families", tcp({"selector": S}), True, True),
]

ROWS_3_4 = [
    Row("up to 15 slots", tcp(None, ports(*range(70, 79), "79:81")), True, True),
    Row("more than 15 slots", tcp(None, ports(*TWENTY)), True, True),
    Row("more than 15 slots, none matches", tcp(None, ports(*range(100, 140))), False, False),
    Row("numeric and one named", tcp(None, ports(22, "port-n")), True, True),
    Row("one named only", tcp(None, ports("port-n")), True, True),
    Row("one named only, another", tcp(None, ports("port-m")), False, False),
    Row("a name that nobody has", tcp(None, ports("unknown")), False, False),
    Row("named, within a selector", tcp(None, {"selector": SERVER, **ports("port-n")}), True, True),
    Row("named, within another selector", tcp(None, {"selector": T, **ports("port-n")}),
        False, False),
    Row("negated, more than 15", tcp(None, no_ports(*TWENTY)), False, False),
    Row("negated, more than 15, none matches", tcp(None, no_ports(*range(100, 140))), True, True),
    Row("no protocol, named only", {"destination": ports("port-n")}, True, True),
    Row("no protocol, named only, UDP packet", {"destination": ports("port-n")}, False, False, UDP),
    Row("range 1-65535", tcp(None, ports("1:65535")), True, True),
    Row("range 1-65535, UDP packet", tcp(None, ports("1:65535")), False, False, UDP),
]

ROWS = [pytest.param(row, id=f"{part} {row.name}")
        for part, rows in (("3.2", ROWS_3_2), ("3.3", ROWS_3_3), ("3.4", ROWS_3_4),
                           ("3.7", ROWS_3_7))
        for row in rows]

# What the API does not take at all.
REFUSED = {
    "3.3 both families in one list": tcp(nets("10.0.0.0/8", "fd10::/16")),
    "3.4 no protocol, numeric ports": {"destination": ports(80)},
    "3.4 protocol ICMP with ports": {"protocol": "ICMP", "destination": ports(80)},
    "3.4 port 0": tcp(None, ports("0:65535")),
    "3.4 minimum above maximum": tcp(None, ports("90:80")),
    "3.7-26 families mixed in a rule": tcp(nets("fd10::/16", "10.0.0.0/8")),
    "3.7-27 source IPv6, destination IPv4": tcp(nets("fd10::/16"), nets("10.0.0.0/8")),
    "3.7-38 icmp without protocol": {"icmp": {"type": 8}},
    "3.2 icmp code without type": {"protocol": "ICMP", "icmp": {"code": 0}},
}


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, pools=POOLS)


def put(stage, row, policy):
    (stage.apply_foreign if row.foreign else stage.apply)(policy)


def check(stage, row, expectation):
    stage.check({stage.probe("client", "server", family=family, **row.packet): expectation(match)
                 for family, match in row.expected().items()})


@pytest.mark.parametrize("row", ROWS)
def test_allow_into(stage, row):
    put(stage, row, gnp("row", SERVER, types=["Ingress"], ingress=[rule("Allow", **row.rule)]))
    check(stage, row, lambda match: match)


@pytest.mark.parametrize("row", ROWS)
def test_deny_into(stage, row):
    put(stage, row, gnp("row", SERVER, types=["Ingress"],
                        ingress=[rule("Deny", **row.rule), ALLOW]))
    check(stage, row, lambda match: not match)


@pytest.mark.parametrize("row", ROWS)
def test_allow_out_of(stage, row):
    put(stage, row, gnp("row", CLIENT, types=["Egress"], egress=[rule("Allow", **row.rule)]))
    check(stage, row, lambda match: match)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(stage, name):
    with pytest.raises(LabError):
        stage.write("create", [gnp("row", SERVER, ingress=[rule("Allow", **REFUSED[name])])])


def test_47_log_then_deny(stage):
    """3.7-47: both happen. From a namespace the kernel prints nothing, so the counter tells."""
    stage.apply(gnp("row", SERVER, ingress=[rule("Log", protocol="TCP"),
                                            rule("Deny", protocol="TCP"), ALLOW]))
    stage.check({stage.probe("client", "server", family=4): False,
                 stage.probe("client", "server", family=6): False,
                 stage.probe("client", "server", family=4, protocol="udp"): True})
    for family in ("ip", "ip6"):
        listing = stage["server"].host.run("nft", "list", "table", family, "calico").stdout
        logs = [line for line in listing.splitlines() if "log prefix" in line]
        assert logs and any("packets 0 " not in line for line in logs), listing


def test_48_after_a_pass(stage):
    """3.7-48: what comes after a matching Pass in the tier is not evaluated."""
    stage.apply(gnp("row", SERVER, ingress=[rule("Pass", protocol="TCP"), rule("Deny")]))
    stage.check({stage.probe("client", "server", family=family, protocol=protocol):
                 protocol == "tcp" for family in (4, 6) for protocol in ("tcp", "udp")})
