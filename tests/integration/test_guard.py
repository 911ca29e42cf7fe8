# SPDX-License-Identifier: GPL-2.0-or-later
"""What a workload may not do whatever policy says, and what always works: felix.md 2.13."""
import select
import socket
import struct
import time

import pytest

from lab import namespaces, packet, probe
from lab.plan import WORKLOAD_GATEWAY
from stage import ALLOW, SILENCE, profile

OPEN = profile("open", [ALLOW], [ALLOW])
# No MAC in the liar's endpoint: with one, the host sends to that MAC and to no other.
CAST = {"liar": (1, {"profiles": ["open"], "spec": {"mac": ""}}), "near": (1, {"profiles": ["open"]}),
        "far": (2, {"profiles": ["open"]})}

ANOTHER = {4: "10.65.9.9", 6: "fd00:65::9:9"}
ONE_WAY = 253                 # counts when it arrives: no answer has to find its way back
ETHERIP = 97                  # a tunnel that connection tracking does not look into, as it does GRE


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=[OPEN])


@pytest.fixture
def lies(stage):
    """lies(address): the liar gives itself an address, for the length of the test."""
    taken = []

    def take(address):
        stage["liar"].ip(f"addr add {address} dev eth0" + (" nodad" if ":" in address else ""))
        taken.append(address)

    yield take
    for address in taken:
        stage["liar"].ip(f"addr del {address}/{128 if ':' in address else 32} dev eth0")


@pytest.mark.parametrize("target", ["near", "far", "host1", "host2"])
@pytest.mark.parametrize("family", [4, 6])
def test_an_address_of_nobody(stage, lies, family, target):
    what = {"family": family, "protocol": ONE_WAY}
    honest = stage.probe("liar", target, source_address=stage["liar"].addresses[family], **what)
    # Who asks for its gateway in another's name gets no answer either: be honest first.
    stage.check({honest: True})
    lies(ANOTHER[family])
    stage.check({stage.probe("liar", target, source_address=ANOTHER[family], **what): False,
                 honest: True})


@pytest.mark.parametrize("victim", ["near", "far", "host2"])
@pytest.mark.parametrize("family", [4, 6])
def test_an_address_of_another(stage, lies, family, victim):
    """Nobody gets a packet in another's name, not even the other itself."""
    address = {**stage.cast, **stage.lab.hosts}[victim].addresses[family]
    lies(address)
    targets = [t for t in ("near", "far") if t != victim]
    stage.check({stage.probe("liar", target, family=family, protocol=ONE_WAY,
                             source_address=address): False for target in targets})


def test_hardware_address_is_not_enforced(stage):
    stage["liar"].ip("link set eth0 address 02:00:00:00:00:99")
    stage.check({stage.probe("liar", "far", family=family): True for family in (4, 6)}, seconds=3)
    stage.check({stage.probe("far", "liar", family=family): True for family in (4, 6)}, seconds=3)


# -- ARP: the host answers for everyone but the workload itself

def ask_arp(member, sender, target):
    """Sends an ARP request from a workload's eth0; the hardware address that answers, or None."""
    with namespaces.network_of(member.process):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
    with s:
        s.bind(("eth0", 0x0806))
        mac = s.getsockname()[4]
        s.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1)
               + mac + socket.inet_aton(sender) + b"\0" * 6 + socket.inet_aton(target))
        deadline = time.monotonic() + SILENCE
        while select.select([s], [], [], max(0, deadline - time.monotonic()))[0]:
            frame = s.recv(128)
            if frame[20:22] == b"\0\2" and frame[28:32] == socket.inet_aton(target):
                return frame[22:28].hex(":")
    return None


def test_arp_answers_for_the_gateway_and_others(stage):
    liar = stage["liar"]
    for target in (WORKLOAD_GATEWAY[4], stage["near"].addresses[4], stage["far"].addresses[4]):
        assert ask_arp(liar, liar.addresses[4], target) == "ee:ee:ee:ee:ee:ee", target


def test_arp_does_not_answer_for_the_workload_itself(stage):
    """Its probe for duplicates must find none."""
    liar = stage["liar"]
    assert ask_arp(liar, "0.0.0.0", liar.addresses[4]) is None
    assert ask_arp(liar, liar.addresses[4], liar.addresses[4]) is None


# -- ICMPv6 to the host

def arrives_at_host(member, kind):
    """Whether an ICMPv6 message of this type from a workload gets through the host's filter."""
    host = member.host
    with namespaces.network_of(host.process):
        receiver = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    with namespaces.network_of(member.process):
        sender = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        index = socket.if_nametoindex("eth0")
    with receiver, sender:
        sender.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
        token = f"to host {kind} {time.monotonic()}".encode()
        message = packet.icmp(6, (kind, 0), 1, token)
        sender.sendto(message, (WORKLOAD_GATEWAY[6], 0, 0, index))
        deadline = time.monotonic() + SILENCE
        while select.select([receiver], [], [], max(0, deadline - time.monotonic()))[0]:
            if receiver.recv(2048)[8:] == token:
                return True
    return False


@pytest.mark.parametrize("kind, arrives", [
    *((kind, True) for kind in (130, 131, 132, 133, 135, 136)), (134, False), (128, False),
    (137, False)])
def test_icmpv6_to_the_host(stage, dropping, kind, arrives):
    assert arrives_at_host(stage["liar"], kind) == arrives


@pytest.fixture
def dropping(stage):
    """Endpoint to host: drop, which calico-node's own configuration of a node overrides."""
    stage.to_host("Drop")


def test_dhcp_to_the_host(stage, dropping):
    """Only OpenStack's workloads may."""
    stage.check({stage.probe("liar", "host1", protocol="udp", port=67, source_port=68): False,
                 stage.probe("liar", "host1", family=6, protocol="udp", port=547,
                             source_port=546): False})


# -- tunnels out of a workload

@pytest.mark.parametrize("target", ["near", "far", "host2"])
@pytest.mark.parametrize("family", [4, 6])
def test_encapsulation_from_a_workload(stage, family, target):
    stage.check({
        stage.probe("liar", target, family=family, protocol="udp", port=4789): False,
        stage.probe("liar", target, family=family, protocol=socket.IPPROTO_IPIP): False,
        stage.probe("liar", target, family=family, protocol="udp", port=4788): True,
        stage.probe("liar", target, family=family, protocol=ETHERIP): True})


def test_encapsulation_is_about_what_comes_out(stage):
    """A packet to the VXLAN port from a host is not from a workload."""
    stage.check({stage.probe("host1", "far", family=family, protocol="udp", port=4789):
                 True for family in (4, 6)})
