# SPDX-License-Identifier: GPL-2.0-or-later
"""A host of one's own for the plugins: namespaces, etcd, containers that are network namespaces.

Everything happens in network, mount and PID namespaces that enter() makes, so that several tests
run side by side and nothing of the machine is touched.
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))
from etcd import Etcd  # noqa: E402

NETNS = "/run/netns"
CONTAINERS = ("wx-1", "wx-2", "wx-3")
HOST_SYSCTLS = ("ipv4/conf/X/route_localnet", "ipv4/neigh/X/proxy_delay", "ipv4/conf/X/proxy_arp",
                "ipv4/conf/X/forwarding", "ipv6/conf/X/accept_dad", "ipv6/conf/X/accept_ra",
                "ipv6/conf/X/disable_ipv6", "ipv6/conf/X/proxy_ndp", "ipv6/conf/X/forwarding")
CONTAINER_SYSCTLS = ("ipv6/conf/X/accept_dad", "ipv6/conf/X/disable_ipv6")
CONTAINER_SYSCTLS_ALL = ("ipv4/ip_forward", "ipv6/conf/all/forwarding",
                         "ipv6/conf/all/disable_ipv6", "ipv6/conf/default/disable_ipv6")
FOREIGN_PLUGINS = "/usr/lib/cni"


def enter(mark):
    """The present program again, inside."""
    if os.environ.get(mark):
        del os.environ[mark]
        return
    os.environ[mark] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                          "--mount-proc", "--propagation", "private", sys.executable] + sys.argv)


def run(*argv, **kwargs):
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, **kwargs)


def ip(*words, netns=None):
    done = run("ip", *(("-n", netns) if netns else ()), *words)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr}")
    return done.stdout


def encode(text):
    return base64.b64encode(text.encode()).decode()


class World:
    def __init__(self, programs):
        for path in ("/run", "/var/lib"):
            subprocess.run(["mount", "-t", "tmpfs", "none", path], check=True)
        os.mkdir("/var/lib/calico")
        os.mkdir(NETNS)
        ip("link", "set", "lo", "up")
        # Deliberately: the defaults that upstream's recordings were made with.
        self.directory = tempfile.TemporaryDirectory(dir="/run")
        self.scratch = None
        self.programs = pathlib.Path(programs).resolve()
        self.bin = f"{self.directory.name}/bin"
        os.mkdir(self.bin)
        for name in ("calico", "calico-ipam"):
            os.symlink(self.programs / name, f"{self.bin}/{name}")
        for name in ("host-local", "static"):
            if os.path.exists(f"{FOREIGN_PLUGINS}/{name}"):
                os.symlink(f"{FOREIGN_PLUGINS}/{name}", f"{self.bin}/{name}")
        os.mkdir(f"{self.directory.name}/etcd")
        self.etcd = Etcd(f"{self.directory.name}/etcd", 2379)

    def close(self):
        self.etcd.stop()

    def fresh(self, pairs):
        """Nothing but these keys, three empty containers, an empty scratch folder."""
        self.etcd.fill(pairs)
        for name in os.listdir(NETNS):
            ip("netns", "del", name)
        for link in json.loads(ip("-j", "link", "show")):
            if link["ifname"] != "lo":
                run("ip", "link", "del", link["ifname"])  # may have gone with its other end
        for name in CONTAINERS:
            ip("netns", "add", name)
            ip("link", "set", "lo", "up", netns=name)
        for name in os.listdir("/var/lib/calico"):
            os.unlink(f"/var/lib/calico/{name}")
        if self.scratch:
            self.scratch.cleanup()
        self.scratch = tempfile.TemporaryDirectory(dir="/run")
        subprocess.run(["rm", "-rf", "/run/calico"], check=True)

    # -- calls

    def fill_in(self, text):
        for name, value in (("<etcd>", self.etcd.url), ("<bin>", self.bin), ("<netns>", NETNS),
                            ("<dir>", self.scratch.name)):
            text = text.replace(name, value)
        return text

    def call(self, program, env, stdin, args=(), wrapper=(), **more):
        """exit status, standard output, standard error"""
        if not isinstance(stdin, str):
            stdin = json.dumps(stdin, separators=(",", ":"))
        env = {name: self.fill_in(value) for name, value in env.items()}
        done = subprocess.run([*wrapper, f"{self.bin}/{program}", *args],
                              input=self.fill_in(stdin), capture_output=True, text=True,
                              timeout=120, env={"PATH": os.environ["PATH"], **env, **more})
        return done.returncode, done.stdout, done.stderr

    def put(self, key, text):
        self.etcd.call("kv/put", {"key": encode(key), "value": encode(text)})

    def delete(self, key):
        self.etcd.call("kv/deleterange", {"key": encode(key)})

    # -- what there is

    def keys(self, *prefixes):
        return {key: json.loads(value) for key, (value, _) in self.etcd.read().items()
                if key.startswith(prefixes)}

    def host(self):
        links = [self.link(link, None) for link in links_of(None)]
        return {"links": links, "routes": routes_of(None), "neighbours": neighbours_of(None)}

    def link(self, link, netns):
        common = {"name": link["ifname"], "mtu": link["mtu"], "up": "UP" in link["flags"],
                  "tx_queues": link["num_tx_queues"]}
        if netns:
            return {**common, "addresses": addresses_of(link, netns),
                    "sysctls": sysctls(CONTAINER_SYSCTLS, link["ifname"], netns)}
        return {**common, "mac": link["address"], "kind": link["linkinfo"]["info_kind"],
                "sysctls": sysctls(HOST_SYSCTLS, link["ifname"], None)}

    def containers(self):
        found = {}
        for name in sorted(os.listdir(NETNS)):
            links = links_of(name)
            if links:
                found[name] = {"links": [self.link(link, name) for link in links],
                               "routes": routes_of(name), "neighbours": neighbours_of(name),
                               "sysctls": sysctls(CONTAINER_SYSCTLS_ALL, "", name)}
        return found


def links_of(netns):
    links = json.loads(ip("-j", "-d", "address", "show", netns=netns))
    return sorted((x for x in links if x["ifname"] != "lo"), key=lambda x: x["ifname"])


def addresses_of(link, netns):
    lines = ip("-o", "address", "show", "dev", link["ifname"], netns=netns).splitlines()
    words = (line.split("\\")[0].split()[3:] for line in lines)
    return [f"{w[0]} {' '.join(w[1:3])}" for w in words if "link" not in w[1:3]]


def routes_of(netns):
    lines = (ip("-4", "route", "show", netns=netns) + ip("-6", "route", "show", netns=netns))
    return [line.strip() for line in lines.splitlines()
            if not line.startswith(("fe80::/64", "ff00::/8", "multicast"))]


def neighbours_of(netns):
    return [x.strip() for x in ip("neigh", "show", "nud", "permanent", netns=netns).splitlines()]


def sysctls(names, ifname, netns):
    enter_it = ["ip", "netns", "exec", netns] if netns else []
    paths = ["/proc/sys/net/" + name.replace("X", ifname) for name in names]
    values = run(*enter_it, "cat", *paths).stdout.split()
    return dict(zip(names, values))
