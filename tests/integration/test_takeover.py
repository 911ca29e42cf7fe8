# SPDX-License-Identifier: GPL-2.0-or-later
"""A host whose kernel holds what upstream's Felix makes is taken over, and handed back, under
traffic: open connections answer, permitted new ones pass, denied ones never.

The rulesets have the shape of upstream's (felix.md 2.2 to 2.10) with the policy ONLY_80.
"""
import pytest

from lab import wait
from standing import CAST, ONLY_80, OPEN, everything_as_it_should, open_flows

FAMILIES = {"ip": "iptables-nft", "ip6": "ip6tables-nft"}
# Links get their groups right after the transaction that makes the tables: what begins between the
# two is denied once.
PATIENCE = 3.0
TABLES = [("ip", "calico"), ("ip6", "calico"), ("arp", "calico-arp")]


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=[OPEN])


@pytest.fixture
def flows(stage):
    with open_flows(stage) as flows:
        yield flows


@pytest.fixture
def host(stage, flows):
    """The server's, with the policy in force after the connections were opened."""
    stage.apply(ONLY_80)
    return stage["server"].host


def devices(stage, host):
    """Workload -> the name of its interface on the host."""
    names = {}
    for member in ("server", "near"):
        address = stage[member].addresses[4]
        names[member] = host.run("ip", "-o", "route", "get", address).stdout.split(" dev ")[1] \
            .split()[0]
    return names


def iptables(names):
    server, near = names["server"], names["near"]
    return f"""*raw
:PREROUTING ACCEPT
:cali-PREROUTING -
-A PREROUTING -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING
-A cali-PREROUTING -j MARK --set-xmark 0x0/0xf0000
COMMIT
*filter
:INPUT ACCEPT
:FORWARD ACCEPT
:OUTPUT ACCEPT
:cali-FORWARD -
:cali-from-wl-dispatch -
:cali-to-wl-dispatch -
:cali-fw-{near} -
:cali-tw-{server} -
:cali-pi-gnp/only-80 -
:SOMEBODY -
-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD
-A FORWARD -j SOMEBODY
-A FORWARD -m comment --comment "cali:S93hcgKJrXEqnTfs" -m mark --mark 0x10000/0x10000 -j ACCEPT
-A FORWARD -m comment --comment "cali:mp77cMpurHhyjLrM" -j MARK --set-xmark 0x10000/0x10000
-A cali-FORWARD -j MARK --set-xmark 0x0/0xe0000
-A cali-FORWARD -i cali+ -j cali-from-wl-dispatch
-A cali-FORWARD -o cali+ -j cali-to-wl-dispatch
-A cali-from-wl-dispatch -i {near} -g cali-fw-{near}
-A cali-from-wl-dispatch -i {server} -j RETURN
-A cali-from-wl-dispatch -m comment --comment "Unknown interface" -j DROP
-A cali-to-wl-dispatch -o {server} -g cali-tw-{server}
-A cali-to-wl-dispatch -o {near} -j RETURN
-A cali-to-wl-dispatch -m comment --comment "Unknown interface" -j DROP
-A cali-fw-{near} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A cali-tw-{server} -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
-A cali-tw-{server} -j cali-pi-gnp/only-80
-A cali-tw-{server} -m mark --mark 0x10000/0x10000 -j RETURN
-A cali-tw-{server} -m comment --comment "Drop if no policies passed packet" -j DROP
-A cali-pi-gnp/only-80 -p tcp -m multiport --dports 80,7000 -j MARK --set-xmark 0x10000/0x10000
COMMIT
"""


def nft(family, names):
    server, near = names["server"], names["near"]
    return f"""table {family} calico {{
  map filter-cali-from-wl-dispatch {{ type ifname : verdict
    elements = {{ "{near}" : goto filter-cali-fw-{near}, "{server}" : return }} }}
  map filter-cali-to-wl-dispatch {{ type ifname : verdict
    elements = {{ "{server}" : goto filter-cali-tw-{server}, "{near}" : return }} }}
  chain raw-PREROUTING {{ type filter hook prerouting priority raw; policy accept
    counter meta mark set mark and 0xfff0ffff }}
  chain filter-FORWARD {{ type filter hook forward priority filter; policy accept
    counter jump filter-cali-FORWARD comment "cali:wUHhoiAYhphO9Mso;"
    meta mark and 0x10000 == 0x10000 counter accept }}
  chain filter-cali-FORWARD {{
    iifname "cali*" counter jump filter-cali-from-wl
    oifname "cali*" counter jump filter-cali-to-wl }}
  chain filter-cali-from-wl {{
    iifname vmap @filter-cali-from-wl-dispatch
    counter drop comment "Unknown interface" }}
  chain filter-cali-to-wl {{
    oifname vmap @filter-cali-to-wl-dispatch
    counter drop comment "Unknown interface" }}
  chain filter-cali-fw-{near} {{ ct state established,related counter accept }}
  chain filter-cali-tw-{server} {{
    ct state established,related counter accept
    counter jump filter-cali-pi-gnp/only-80
    meta mark and 0x10000 == 0x10000 counter return
    counter drop comment "Drop if no policies passed packet" }}
  chain filter-cali-pi-gnp/only-80 {{
    tcp dport {{ 80, 7000 }} counter meta mark set mark or 0x10000 }}
}}
""".replace(" }\n", "\n}\n")


def remove_ours(names):
    """Back to a host that this Felix has not seen: without its tables, its groups."""
    return "".join(f"delete table {family} {table}\n" for family, table in TABLES)


def await_felix(host):
    host.start_felix()
    wait.until("Felix to be ready", host.felix_ready, seconds=20)


def upstream_only(host, names, load):
    """As upstream leaves it. `load` is in force before ours goes."""
    host.stop("felix")
    load()
    host.ip(*(f"link set dev {name} group 0" for name in names.values()))


def saved(host):
    return "".join(host.run(f"{tool}-save").stdout for tool in FAMILIES.values())


def test_iptables_mode(stage, host, flows):
    names = devices(stage, host)

    def load():
        for tool in FAMILIES.values():
            host.run(f"{tool}-restore", input=iptables(names))
        host.run("nft", "-f", "-", input=remove_ours(names))

    upstream_only(host, names, load)
    with everything_as_it_should(stage, flows, PATIENCE):
        await_felix(host)
        wait.until("upstream's rules to go", lambda: "cali" not in saved(host))
        stage.fence()
    assert saved(host).count("-A FORWARD -j SOMEBODY") == 2


def test_nft_mode_and_back(stage, host, flows):
    names = devices(stage, host)

    def load():
        host.run("nft", "-f", "-", input=remove_ours(names) + "".join(
            nft(family, names) for family in FAMILIES))

    upstream_only(host, names, load)
    with everything_as_it_should(stage, flows, PATIENCE):
        await_felix(host)
        wait.until("upstream's chains to go", lambda: "filter-cali" not in
                   host.run("nft", "list", "ruleset").stdout)
        stage.fence()
    # Back: upstream starts over what is there, in one transaction, after ours was stopped.
    with everything_as_it_should(stage, flows, PATIENCE):
        host.stop("felix")
        load()
    assert "cali-sources" not in host.run("nft", "list", "ruleset").stdout
    await_felix(host)
    stage.fence()
