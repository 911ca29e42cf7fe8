#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The plugin `calico` where upstream's recordings end: verbs of ours, crashes, many calls.

    calls.py DIRECTORY-OF-PROGRAMS KILL_AT.SO [-k TEXT] [--many N]
"""

import argparse
import contextlib
import http.server
import json
import os
import pathlib
import shutil
import socket
import sys
import threading
import traceback

import world

RESOURCES = "/calico/resources/v3/projectcalico.org/"
META = {"uid": "e9b1fe87-afd4-41ab-8b0a-8a3d9ebef9a1", "creationTimestamp": "2026-03-01T10:00:00Z"}


def resource(kind, plural, name, spec):
    return {RESOURCES + f"{plural}/{name}": json.dumps(
        {"kind": kind, "apiVersion": "projectcalico.org/v3",
         "metadata": {"name": name, **META}, "spec": spec})}


def pool(name, cidr, size):
    return resource("IPPool", "ippools", name, {
        "cidr": cidr, "vxlanMode": "Never", "ipipMode": "Never", "blockSize": size,
        "nodeSelector": "all()", "allowedUses": ["Workload", "Tunnel"],
        "assignmentMode": "Automatic"})


CLUSTER = {
    **resource("ClusterInformation", "clusterinformations", "default",
               {"clusterGUID": "0" * 32, "datastoreReady": True}),
    **resource("Node", "nodes", "h1", {"bgp": {"ipv4Address": "172.20.1.1/24"}}),
    **pool("p", "10.80.0.0/24", 26), **pool("six", "fd00:80::/120", 122),
}


class Calls:
    """One container runtime: fills in what every call has alike."""

    def __init__(self, place, ipam):
        self.place, self.ipam = place, ipam

    def conf(self, **more):
        return {"cniVersion": "1.0.0", "name": "net1", "type": "calico",
                "datastore_type": "etcdv3", "etcd_endpoints": "<etcd>", "nodename": "h1",
                "nodename_file_optional": True, "log_level": "error", "ipam": self.ipam, **more}

    def __call__(self, verb, container="c0ffee0123456789", netns="<netns>/wx-1", ifname="eth0",
                 args="", conf=None, wrapper=(), preload=None, at=None, **more):
        env = {"CNI_COMMAND": verb, "CNI_CONTAINERID": container, "CNI_NETNS": netns,
               "CNI_IFNAME": ifname, "CNI_PATH": "<bin>", "CNI_ARGS": args}
        if verb in ("STATUS", "GC"):
            more = {"cniVersion": "1.1.0", **more}
        if preload:
            env |= {"LD_PRELOAD": preload, "CNI_KILL_AT": str(at)}
        status, out, err = self.place.call("calico", env, conf or self.conf(**more),
                                           wrapper=wrapper)
        return status, json.loads(out) if out.startswith("{") else out, err

    def good(self, verb, **more):
        status, out, err = self(verb, **more)
        assert status == 0, (verb, status, out, err)
        return out

    def bad(self, verb, code, text, **more):
        status, out, err = self(verb, **more)
        assert status == 1 and out["code"] == code and text in out["msg"], (status, out, err)


def endpoints(place):
    return place.keys(RESOURCES + "workloadendpoints/")


def only_endpoint(place):
    (stored,) = endpoints(place).values()
    return stored


def reserved(place):
    """Addresses that host-local gave out."""
    try:
        return sorted(x for x in os.listdir("/var/lib/cni/networks/net1") if x[0].isdigit())
    except FileNotFoundError:
        return []


def allocated(place):
    """Addresses that calico-ipam gave out, with the handles that hold them."""
    found = []
    for block in place.keys("/calico/ipam/v2/assignment/").values():
        found += [block["attributes"][a]["handle_id"] for a in block["allocations"]
                  if a is not None]
    return found + reserved(place)


def assert_clean(place):
    assert endpoints(place) == {}, endpoints(place)
    assert place.host()["links"] == [], place.host()["links"]
    assert place.containers() == {}, place.containers()
    assert allocated(place) == [], allocated(place)
    assert place.keys("/calico/ipam/v2/handle/") == {}


def assert_connected(place, calls, out):
    """One of everything, and it fits together."""
    stored = only_endpoint(place)
    (link,) = place.host()["links"]
    (container,) = place.containers().values()
    assert link["name"] == stored["spec"]["interfaceName"] == out["interfaces"][0]["name"]
    assert out["interfaces"][1]["mac"] == stored["spec"]["mac"]
    assert [x["address"] for x in out["ips"]] == stored["spec"]["ipNetworks"]
    assert [x.split()[0] for x in container["links"][0]["addresses"]] == \
        stored["spec"]["ipNetworks"]
    assert [x.split()[0] for x in place.host()["routes"]] == \
        [x.split("/")[0] for x in stored["spec"]["ipNetworks"]]
    assert len(allocated(place)) == len(out["ips"]), allocated(place)
    assert calls.good("CHECK") == "OK\n"


# ---- verbs


def test_add_check_del(place, calls):
    out = calls.good("ADD")
    assert_connected(place, calls, out)
    assert calls.good("CHECK", prevResult=out) == "OK\n"
    assert calls.good("DEL", prevResult=out) == ""
    assert_clean(place)


def test_repeated_add_changes_nothing(place, calls):
    first = calls.good("ADD")
    before = (place.keys("/calico/"), place.host(), place.containers())
    again = calls.good("ADD")
    assert before == (place.keys("/calico/"), place.host(), place.containers())
    del first["routes"]
    assert again == first
    calls.good("DEL")
    calls.good("DEL")
    assert_clean(place)


def test_repeated_add_repairs_the_link(place, calls):
    first = calls.good("ADD")
    world.ip("link", "del", first["interfaces"][0]["name"])
    again = calls.good("ADD")
    assert again["ips"] == first["ips"]
    assert_connected(place, calls, again)
    calls.good("DEL")
    assert_clean(place)


def test_check_finds_what_is_missing(place, calls):
    calls.bad("CHECK", 101, "there is no WorkloadEndpoint")
    out = calls.good("ADD")
    name = out["interfaces"][0]["name"]
    address = out["ips"][0]["address"]
    calls.bad("CHECK", 3, "", netns="<netns>/wx-none")
    calls.bad("CHECK", 101, "has no link eth0", netns="<netns>/wx-2")
    wrong = json.loads(json.dumps(out))
    wrong["ips"][0]["address"] = "192.0.2.1/32"
    calls.bad("CHECK", 101, "192.0.2.1", prevResult=wrong)
    world.ip("route", "del", address, "dev", name)
    calls.bad("CHECK", 101, f"the route {address} of {name}")
    world.ip("route", "add", address, "dev", name)
    world.ip("route", "del", "default", netns="wx-1")
    calls.bad("CHECK", 101, "the route 0.0.0.0/0 of eth0")
    world.ip("address", "del", address, "dev", "eth0", netns="wx-1")
    calls.bad("CHECK", 101, f"the address {address} of eth0")
    world.ip("link", "set", "eth0", "address", "02:00:00:00:00:09", netns="wx-1")
    calls.bad("CHECK", 101, "the MAC of eth0")
    calls.good("DEL")
    assert_clean(place)


def test_two_containers_may_share_a_beginning(place, calls):
    first = calls.good("ADD", container="aaaaaaaaaaaa1")
    second = calls.good("ADD", container="aaaaaaaaaaaa2", netns="<netns>/wx-2")
    assert first["interfaces"][0]["name"] == "caliaaaaaaaaaaa"
    assert second["interfaces"][0]["name"] != "caliaaaaaaaaaaa"
    assert len(place.host()["links"]) == 2
    calls.good("CHECK", container="aaaaaaaaaaaa1")
    calls.good("CHECK", container="aaaaaaaaaaaa2", netns="<netns>/wx-2")
    calls.good("DEL", container="aaaaaaaaaaaa1")
    calls.good("CHECK", container="aaaaaaaaaaaa2", netns="<netns>/wx-2")
    calls.good("DEL", container="aaaaaaaaaaaa2", netns="<netns>/wx-2")
    assert_clean(place)


def test_del_without_a_namespace(place, calls):
    for netns in ("", "<netns>/wx-none", "<netns>/wx-2"):
        calls.good("ADD")
        calls.good("DEL", netns=netns)
        assert_clean(place)


def test_del_keeps_the_hosts_own_link(place, calls):
    world.ip("link", "add", "eth0", "type", "veth", "peer", "name", "peer0")
    calls.good("DEL", netns="/proc/self/ns/net")
    assert "eth0" in [link["name"] for link in place.host()["links"]]
    calls.bad("ADD", 4, "should not be the same", netns="/proc/self/ns/net")
    assert allocated(place) == []


def test_status(place, calls):
    if calls.ipam["type"] != "calico-ipam":
        return  # other plugins of these days do not know the verb
    assert calls.good("STATUS") == ""
    calls.bad("STATUS", 50, "nodename", nodename_file_optional=False)
    calls.bad("STATUS", 50, "", etcd_endpoints="http://127.0.0.1:1")
    place.delete(RESOURCES + "clusterinformations/default")
    calls.bad("STATUS", 50, "ClusterInformation")


def test_gc(place, calls):
    if calls.ipam["type"] != "calico-ipam":
        return
    keep = calls.good("ADD", container="keep1")
    calls.good("ADD", container="lost2", netns="<netns>/wx-2")
    other = calls.good("ADD", container="other3", netns="<netns>/wx-3", name="net2")
    world.ip("link", "add", "calistray", "type", "veth", "peer", "name", "x9", "netns", "wx-3")
    for key, stored in endpoints(place).items():
        stored["metadata"]["creationTimestamp"] = "2026-03-01T10:00:00Z"
        place.put(key, json.dumps(stored))
    calls.bad("GC", 7, "valid-attachments")
    calls.good("GC", **{"cni.dev/valid-attachments": [
        {"containerID": "keep1", "ifname": "eth0"}]})
    assert sorted(e["spec"]["containerID"] for e in endpoints(place).values()) == \
        ["keep1", "other3"]
    names = [link["name"] for link in place.host()["links"]]
    assert names == sorted([keep["interfaces"][0]["name"], other["interfaces"][0]["name"]]), names
    calls.good("CHECK", container="keep1")
    calls.good("DEL", container="keep1")
    calls.good("DEL", container="other3", netns="<netns>/wx-3", name="net2")


def test_gc_leaves_what_is_new(place, calls):
    os.environ.pop("SOURCE_DATE_EPOCH", None)
    calls.good("ADD")
    stored = only_endpoint(place)
    stored["metadata"]["creationTimestamp"] = "2126-03-01T10:00:00Z"
    place.put(*[(key, json.dumps(stored)) for key in endpoints(place)][0])
    calls("GC", **{"cni.dev/valid-attachments": []})
    assert len(endpoints(place)) == 1
    calls.good("DEL")


def test_probe(place, calls):
    def probe(**more):
        return place.call("calico", {}, calls.conf(**more), ["-t"])[:2]
    assert probe() == (0, "")
    status, out = probe(etcd_endpoints="http://127.0.0.1:1")
    assert status == 1 and json.loads(out)["code"] == 100
    assert json.loads(out)["msg"] == "data store connection failed"
    status, out = probe(name="a b")
    assert status == 1 and json.loads(out)["code"] == 100


def test_failed_wiring_leaves_no_route(place, calls):
    """The second address has a route of somebody else; the first one is given back."""
    ipam = {"type": "static", "addresses": [{"address": "10.80.0.9/32"},
                                            {"address": "fd00:80::9/128"}]}
    world.ip("link", "add", "other0", "type", "veth", "peer", "name", "other1")
    world.ip("link", "set", "other0", "up")
    world.ip("route", "add", "fd00:80::9/128", "dev", "other0", "metric", "1024")
    calls.bad("ADD", 999, "already exists for an interface other than", ipam=ipam)
    assert not [r for r in place.host()["routes"] if "cali" in r], place.host()["routes"]
    calls.good("DEL", ipam=ipam)
    world.ip("link", "del", "other0")
    assert_clean(place)


# ---- pods


POD = "K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0"


def test_pod_without_the_api(place, calls):
    out = calls.good("ADD", args=POD)
    stored = only_endpoint(place)
    assert stored["metadata"]["name"] == "h1-k8s-web--0-eth0"
    assert stored["metadata"]["namespace"] == "shop"
    assert stored["spec"]["pod"] == "web-0" and "workload" not in stored["spec"]
    assert out["interfaces"][0]["name"] == "calib83b1c4a1ec" or \
        len(out["interfaces"][0]["name"]) == 15
    profile = place.keys(RESOURCES + "profiles/")[RESOURCES + "profiles/net1"]["spec"]
    assert profile["ingress"] == profile["egress"] == [{"action": "Allow"}]
    calls.good("DEL", args=POD)
    assert_clean(place)


def test_successor_of_a_pod_is_left_alone(place, calls):
    first = calls.good("ADD", args=POD, container="old1")
    second = calls.good("ADD", args=POD, container="new2", netns="<netns>/wx-2")
    assert first["interfaces"][0]["name"] == second["interfaces"][0]["name"]
    calls.good("DEL", args=POD, container="old1")
    assert only_endpoint(place)["spec"]["containerID"] == "new2"
    calls.good("CHECK", args=POD, container="new2", netns="<netns>/wx-2")
    calls.good("DEL", args=POD, container="new2", netns="<netns>/wx-2")
    assert_clean(place)


def test_interface_prefix_of_pods(place, calls):
    env = {"FELIX_INTERFACEPREFIX": "tap,cali"}
    status, out, err = place.call("calico", {
        "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": "<netns>/wx-1",
        "CNI_IFNAME": "eth0", "CNI_PATH": "<bin>", "CNI_ARGS": POD, **env}, calls.conf())
    assert status == 0, (out, err)
    assert json.loads(out)["interfaces"][0]["name"].startswith("tap")
    calls.good("DEL", args=POD, container="c1")
    assert_clean(place)


def test_pods_described_by_the_api_are_refused(place, calls):
    calls.bad("ADD", 2, "policy.type k8s", args=POD, policy={"type": "k8s"})
    assert_clean(place)


def test_wait_for_policy(place, calls):
    directory = place.scratch.name + "/status"
    more = {"args": POD, "policy_setup_timeout_seconds": 30, "endpoint_status_dir": directory}

    def program():
        os.mkdir(directory)
        pathlib.Path(directory, "k8s shop%2Fweb-0 eth0").touch()
    later = threading.Timer(0.3, program)
    later.start()
    calls.good("ADD", **more)
    later.join()
    calls.good("DEL", args=POD)
    shutil.rmtree(directory)
    more["policy_setup_timeout_seconds"] = 1
    calls.good("ADD", **more)  # in vain, but not in error
    calls.good("DEL", args=POD)
    calls.bad("ADD", 7, "less than 0", args=POD, policy_setup_timeout_seconds=-1)
    assert_clean(place)


@contextlib.contextmanager
def gate(statuses):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
            self.end_headers()

        def log_message(self, *args):
            pass
    server = http.server.HTTPServer(("127.0.0.1", 8080), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield "http://127.0.0.1:8080/ready"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_readiness_gate(place, calls):
    with gate([204]) as url:
        calls.good("ADD", readiness_gates=[url])
    calls.good("DEL")
    assert_clean(place)


# ---- crashes


def until_it_lives(calls, preload, verb, sign, before, after):
    """Kills the call at each of its calls in turn."""
    for n in range(1, 1000):
        before()
        status, out, _ = calls(verb, preload=preload, at=sign * n)
        after(n)
        if status == 0:
            assert n > 10, f"only {n} calls were counted"
            return n
        assert status == -9, (n, status, out)
    raise AssertionError("it never lives")


def test_killed_add_then_add(place, calls):
    for sign in (1, -1):
        def repair(n):
            out = calls.good("ADD")
            assert_connected(place, calls, out)
            calls.good("DEL")
            assert_clean(place)
        until_it_lives(calls, place.preload, "ADD", sign, lambda: None, repair)


def test_killed_add_then_del(place, calls):
    def repair(n):
        calls.good("DEL")
        assert_clean(place)
    until_it_lives(calls, place.preload, "ADD", 1, lambda: None, repair)


def test_killed_del_then_del(place, calls):
    def repair(n):
        calls.good("DEL")
        assert_clean(place)
    until_it_lives(calls, place.preload, "DEL", 1, lambda: calls.good("ADD"), repair)


# ---- many


def comparable(place):
    """etcd without what only counts."""
    keys = place.keys("/calico/")
    for value in keys.values():
        value.pop("sequenceNumber", None)
        if "unallocated" in value:
            value["unallocated"].sort()
    return keys


def test_many_leave_nothing(place, calls):
    calls.good("ADD")
    calls.good("DEL")
    before = comparable(place)
    for i in range(place.many):
        calls.good("ADD", container=f"many{i}")
        calls.good("DEL", container=f"many{i}")
    assert comparable(place) == before
    assert_clean(place)


def test_many_at_once(place, calls):
    calls.good("ADD")
    calls.good("DEL")
    before = comparable(place)
    failures = []

    def live(i):
        world.ip("netns", "add", f"par{i}")
        try:
            call = {"container": f"p{i}arallel", "netns": f"<netns>/par{i}"}
            calls.good("ADD", **call)
            calls.good("CHECK", **call)
            calls.good("DEL", **call)
        except AssertionError as error:
            failures.append(error)
    threads = [threading.Thread(target=live, args=(i,)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures
    assert comparable(place) == before
    assert_clean(place)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs")
    parser.add_argument("kill_at")
    parser.add_argument("-k", default="")
    parser.add_argument("--many", type=int, default=50)
    parser.add_argument("--ipam", default="calico-ipam")
    options = parser.parse_args()
    world.enter("CNI_CALLS_INSIDE")
    place = world.World(options.programs)
    place.preload, place.many = os.path.abspath(options.kill_at), options.many
    ipam = {"type": options.ipam}
    if options.ipam == "host-local":
        ipam |= {"subnet": "10.80.0.0/24", "routes": [{"dst": "192.0.2.0/24"}]}
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith("test_") or options.k not in name:
            continue
        place.fresh(CLUSTER)
        shutil.rmtree("/var/lib/cni", ignore_errors=True)
        try:
            test(place, Calls(place, ipam))
            passed += 1
        except Exception:  # the others go on
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc(file=sys.stdout)
    place.close()
    print(f"[  PASSED  ] {passed} test(s).")
    if failed:
        print(f"[  FAILED  ] {failed} test(s).")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
