# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab itself, without Calico's programs: namespaces, etcd, probes, and that nothing stays."""
import os
import select
import signal
import subprocess
import time

import pytest

from lab import etcd, matrix, namespaces, probe, wait
from lab.core import Options
from lab.demo import Stopwatch
from lab.host import BIRD_CONFIG, BIRD_SOCKET
from lab.kernel import NftEvents, memory_table
from lab.lab import BASE, Lab, take_down
from lab.node import LabError
from lab.programs import ROOT
from lab.room import started_at


@pytest.fixture
def bare(name):
    with Lab.create(name, "/nowhere") as lab:
        yield lab


def mounts():
    with open("/proc/self/mountinfo", encoding="ascii") as f:
        return [line for line in f if BASE in line]


def links_of_machine():
    return subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout


def processes_in(pid_namespace):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/net") == pid_namespace:
                found.append(pid)
        except OSError:
            pass
    return found


def forward_by_hand(lab):
    """Routes, proxy ARP and ND between all workloads: what Felix and BIRD do."""
    for host in lab.hosts.values():
        namespaces.set_sysctls(host.process, {"net/ipv4/ip_forward": 1,
                                              "net/ipv6/conf/all/forwarding": 1})
        for workload in lab.workloads.values():
            if workload.host.name == host.name:
                namespaces.set_sysctls(host.process, {
                    f"net/ipv4/conf/{workload.interface}/proxy_arp": 1,
                    f"net/ipv4/neigh/{workload.interface}/proxy_delay": 0,
                    f"net/ipv6/conf/{workload.interface}/proxy_ndp": 1})
                way = {f: f"dev {workload.interface}" for f in (4, 6)}
            else:
                way = {f: f"via {workload.host.addresses[f]}" for f in (4, 6)}
            host.ip(*(f"route add {workload.addresses[f]} {way[f]}" for f in (4, 6)))


def add_four_workloads(lab):
    for _ in range(2):
        host = lab.add_host(calico=False)
        for _ in range(2):
            host.add_workload(publish=False)
    return list(lab.workloads.values())


@pytest.mark.parametrize("core", [Options(), Options(members=3, proxy=True, tls=True)])
def test_leaves_nothing(name, core):
    links = links_of_machine()
    with Lab.create(name, "/nowhere", core=core) as lab:
        host = lab.add_host(calico=False)
        lab.core.start_proxy(host)
        host.add_workload(publish=False)
        network = os.readlink(f"{host.process}/ns/net")
        directory = lab.directory
        assert processes_in(network) and links_of_machine() == links and not mounts()
    assert not os.path.exists(directory)
    assert not processes_in(network)
    assert not mounts()
    assert links_of_machine() == links
    assert not take_down(name), "a second down finds nothing"


def test_down_after_a_crash(bare):
    """The room's own processes were killed one by one, and the directory lost its facts."""
    bare.add_host(calico=False)
    os.unlink(f"{bare.directory}/lab.json")
    os.kill(bare.room.pid, signal.SIGKILL)
    assert bare.room.parent.wait(10) is not None
    assert take_down(bare.name)
    assert not os.path.exists(bare.directory)


def test_down_of_another_process_lab(bare):
    """What a second command sees is what is on disk."""
    bare.add_host(calico=False)
    assert list(Lab.open(bare.name).hosts) == ["host1"]
    pid = bare.room.pid
    assert take_down(bare.name)
    assert bare.room.parent.wait(10) is not None
    assert started_at(pid) is None


def test_a_number_used_again_is_not_killed(bare):
    """room.pid names another process's number: its start time does not match."""
    other = subprocess.Popen(["sleep", "60"])
    try:
        with open(f"{bare.directory}/room.pid", encoding="ascii") as f:
            mine = f.read()
        with open(f"{bare.directory}/room.pid", "w", encoding="ascii") as f:
            f.write(f"{other.pid} 1\n")
        with pytest.raises(LabError, match="not up"):
            Lab.open(bare.name)
        with open(f"{bare.directory}/room.pid", "w", encoding="ascii") as f:
            f.write(mine)
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_two_labs_with_one_name_are_refused(bare):
    with pytest.raises(LabError, match="is up already"):
        Lab.create(bare.name, "/nowhere")
    assert bare.room.services()["etcd1"]["pid"]


def test_host_files_are_its_own(bare):
    host = bare.add_host(calico=False)
    assert "etcdEndpoints" in host.run("cat", "/etc/calico/calicoctl.cfg").stdout
    assert host.run("hostname").stdout.strip() == "host1"
    host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward; touch /var/lib/calico/nodename")
    assert not os.path.exists("/var/lib/calico/nodename")


def test_etcd_is_reached_from_a_host(bare):
    host = bare.add_host(calico=False)
    watch = etcd.Watch(bare.room.process, "/lab/")
    host.run("env", "ETCDCTL_API=3", "etcdctl", "--endpoints", host.env["ETCD_ENDPOINTS"], "put",
             "/lab/a", "b")
    assert watch.next()[1] == ["/lab/a"]
    assert etcd.get_prefix(host.process, "/lab/") == {"/lab/a": "b"}


def test_service_is_started_again(bare):
    """129 is how Felix asks for a restart."""
    host = bare.add_host(calico=False)
    host.start("once", ["sh", "-c", "exit 129"], keep=True)
    wait.until("a third start", lambda: host.services()["once"]["starts"] >= 3)
    assert set(host.services()["once"]["ends"]) == {129}
    host.stop("once")
    starts = host.services()["once"]["starts"]
    host.start("late", ["sleep", "60"])
    assert host.stop("late") == -signal.SIGTERM
    assert host.services()["once"]["starts"] == starts


def test_service_that_ignores_sigterm_is_killed(bare):
    bare.room.start("deaf", ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 60; done"])
    wait.until("it to be deaf", lambda: "deaf" in bare.room.log("deaf"))
    assert bare.room.stop("deaf", seconds=0.2) == -signal.SIGKILL


@pytest.mark.parametrize("protocol", ["tcp", "udp", "icmp", "sctp", 253])
def test_probes_see_what_passes_and_what_does_not(bare, protocol):
    """Both families: all reach all; then one receiver's host drops the protocol."""
    ends = add_four_workloads(bare)
    forward_by_hand(bare)
    everything = matrix.measure(ends, protocols=[protocol])
    assert set(everything.values()) == {"ok"} and len(everything) == 24

    target = ends[3]
    words = {"icmp": {4: "icmp", 6: "ipv6-icmp"}}.get(protocol, {4: protocol, 6: protocol})
    rules = "".join(
        f"table {family} t {{ chain f {{ type filter hook forward priority 0;\n"
        f"ct state established accept\n"
        f"oifname {target.interface} meta l4proto {words[f]} drop\n}}\n}}\n"
        for family, f in (("ip", 4), ("ip6", 6)))
    target.host.run("nft", "-f", "-", input=rules)
    # None from the target: where conntrack knows no ports, its probe would open the way back.
    probes = [p for p in probe.all_pairs(ends, protocols=[protocol]) if p.source is not target]
    for result in probe.run(probes, seconds=0.4):
        assert result.outcome == ("silent" if result.probe.target is target else "ok"), result


def test_probe_tells_a_refusal_from_silence(bare):
    ends = add_four_workloads(bare)
    forward_by_hand(bare)
    source, target = ends[0], ends[3]
    reject = ("table ip t { chain f { type filter hook forward priority 0;\n"
              "ip protocol tcp reject with tcp reset\n}\n}\n")
    target.host.run("nft", "-f", "-", input=reject)
    began = time.monotonic()
    result, = probe.run([probe.Probe(source, target)], seconds=5)
    assert result.outcome == "refused" and time.monotonic() - began < 4


BIRD = """
log stderr all;
router id {own4};
protocol device {{ }}
protocol direct {{ ipv4; ipv6; interface "eth0"; }}
protocol kernel kernel4 {{ learn; ipv4 {{ import all; export all; }}; }}
protocol kernel kernel6 {{ learn; ipv6 {{ import all; export all; }}; }}
template bgp mesh {{ connect delay time 1; }}
protocol bgp peer4 from mesh {{
  local {own4} as 64512; neighbor {peer4} as 64512;
  ipv4 {{ import all; export where net ~ 10.65.0.0/16; next hop self; }};
}}
protocol bgp peer6 from mesh {{
  local {own6} as 64512; neighbor {peer6} as 64512;
  ipv6 {{ import all; export where net ~ fd00:65::/48; next hop self; }};
}}
"""


def test_bird_spreads_routes(bare):
    """Two hosts with a BIRD configuration by hand; workload routes of one reach the other."""
    ends = add_four_workloads(bare)
    hosts = list(bare.hosts.values())
    for host, peer in (hosts, hosts[::-1]):
        host.write(BIRD_CONFIG, BIRD.format(own4=host.addresses[4], own6=host.addresses[6],
                                            peer4=peer.addresses[4], peer6=peer.addresses[6]))
        host.start_bird()
        for workload in host.workloads.values():
            host.ip(*(f"route add {workload.addresses[f]} dev {workload.interface}"
                      for f in (4, 6)))
    for host in hosts:
        for family in (4, 6):
            wait.until(f"routes on {host.name}", lambda: bare.has_all_routes(host, family), 20)
    foreign = next(w for w in ends if w.host.name == "host2")
    assert f"via {hosts[1].addresses[4]}" in hosts[0].routes(4)[foreign.addresses[4]]
    assert "Established" in hosts[0].run("birdc", "-s", BIRD_SOCKET, "show", "protocols").stdout


def test_nft_commits_are_seen_as_they_happen(bare):
    host, other = bare.add_host(calico=False), bare.add_host(calico=False)
    stopwatch, quiet = Stopwatch(bare), NftEvents(other.process)
    del stopwatch.events[other.name]
    began = time.monotonic()
    host.run("nft", "add", "table", "ip", "t")
    assert began < stopwatch.commits()[host.name] < time.monotonic()
    assert not select.select([quiet], [], [], 0.05)[0]


def test_memory_of_each_process(bare):
    bare.add_host(calico=False)
    line, = [line.split() for line in memory_table(bare).splitlines() if " etcd1 " in line]
    pss, private, dirty = map(int, line[2:])
    assert pss >= private >= dirty > 1000


def calico_lab(*words):
    return subprocess.run([os.path.join(ROOT, "calico-lab"), *words], capture_output=True,
                          text=True, timeout=60)


def test_command_line(bare):
    """Exit codes pass through; what cannot be done says what to do."""
    bare.add_host(calico=False).add_workload(publish=False)
    done = calico_lab("sh", "--name", bare.name, "host1", "--", "sh", "-c", "hostname; exit 7")
    assert (done.returncode, done.stdout) == (7, "host1\n")
    done = calico_lab("sh", "--name", bare.name, "host1/w1", "ip", "-o", "-4", "address")
    assert "10.65.1.1/32" in done.stdout
    done = calico_lab("sh", "--name", bare.name, "host9")
    assert done.returncode == 1 and "it has: room, host1, host1/w1" in done.stderr
    assert "10.65.1.1" in calico_lab("status", "--name", bare.name).stdout
    done = calico_lab("matrix", "--name", "t-no-such-lab")
    assert done.returncode == 1 and "./calico-lab up --name t-no-such-lab" in done.stderr
    assert calico_lab("down", "--name", bare.name).returncode == 0
    assert "not there" in calico_lab("down", "--name", bare.name).stdout
    assert calico_lab("down", "--name", "../etc").returncode == 1


def test_drawing():
    class End:
        def __init__(self, name):
            self.name = name

    ends = [End("host1/w1"), End("b")]
    outcomes = {("host1/w1", "b", 4, "tcp"): "ok", ("host1/w1", "b", 4, "icmp"): "silent",
                ("b", "host1/w1", 4, "tcp"): "refused", ("b", "host1/w1", 4, "icmp"): "ok"}
    assert matrix.draw(ends, outcomes, 8080).splitlines() == [
        "from \\ to  host1/w1   b",
        "host1/w1      -      4T\u00b7",
        "b            4\u00b7I      -",
        "4 IPv4, T TCP port 8080, I ICMP echo, \u00b7 no answer: 2 of 4 answered"]
