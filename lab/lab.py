# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab by its name: brought up, found again, taken down.

Its directory /run/calico-lab/NAME holds what another command needs to find it (lab.json, sockets)
and the logs. All else lives in the room.
"""
import functools
import ipaddress
import json
import os
import re
import shutil

import yaml

from . import plan, wait
from .core import Core, Options
from .host import Host
from .node import LabError
from .room import Room

BASE = "/run/calico-lab"


def directory_of(name):
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise LabError(f"'{name}' is no name for a lab: up to 40 of a-z, 0-9 and '-'")
    return f"{BASE}/{name}"


def names():
    """All labs that have a directory, running or not."""
    return sorted(os.listdir(BASE)) if os.path.isdir(BASE) else []


def silent(_line):
    pass


class Lab:
    def __init__(self, name, facts, report=silent):
        self.name, self.facts, self.report = name, facts, report
        self.directory = directory_of(name)
        self.env = {
            "PATH": f"{facts['bin']}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root", "TERM": os.environ.get("TERM", "dumb"), "LANG": "C.UTF-8",
            **facts["env"]}
        self.room = Room.open(self.directory, self.env)
        self.core = Core(self.room, facts["core"]) if self.room and "core" in facts else None

    # -- made, found, ended

    @classmethod
    def create(cls, name, bin, pools=plan.Pools(), env=None, report=silent, core=Options(),
               ipam="calico-ipam"):
        """A room with a segment and etcd, no hosts yet. `bin` is where Calico's programs are.

        `env` is added to the environment of every program on every host. `ipam` gives workloads
        their addresses: calico-ipam, or "static" (of package containernetworking-plugins) for those
        of plan.py, which no block holds.
        """
        lab = cls(name, {"bin": os.path.abspath(bin), "pools": vars(pools), "env": env or {},
                         "hosts": {}, "core": Core.new_facts(core), "ipam": ipam}, report)
        if lab.room:
            raise LabError(f"lab '{name}' is up already; take it down first: "
                           f"./calico-lab down --name {name}")
        shutil.rmtree(lab.directory, ignore_errors=True)  # what a crashed one left
        os.makedirs(lab.directory)
        try:
            report("the segment and etcd")
            lab.room = Room.create(lab.directory, name, lab.env)
            lab.room.build_segment()
            lab.core = Core(lab.room, lab.facts["core"])
            lab.core.start()
            lab.save()
        except BaseException:
            lab.down()
            raise
        return lab

    @classmethod
    def open(cls, name, report=silent):
        try:
            with open(f"{directory_of(name)}/lab.json", encoding="utf-8") as f:
                lab = cls(name, json.load(f), report)
        except (FileNotFoundError, ValueError):
            lab = None
        if not lab or not lab.room:
            raise LabError(f"lab '{name}' is not up; bring it up with: "
                           f"./calico-lab up --name {name}")
        return lab

    def save(self):
        new = f"{self.directory}/lab.json.new"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
                  encoding="utf-8") as f:
            json.dump(self.facts, f, indent=1)
        os.replace(new, f"{self.directory}/lab.json")

    def down(self):
        room = self.room or Room.open(self.directory, self.env)
        if room:
            room.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
        try:
            os.rmdir(BASE)
        except OSError:
            pass  # other labs, or none at all

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()

    # -- what is in it

    @property
    def hosts(self):
        return {name: Host(self, facts) for name, facts in self.facts["hosts"].items()}

    @property
    def workloads(self):
        return {w.name: w for host in self.hosts.values() for w in host.workloads.values()}

    @functools.cached_property
    def access(self):
        """To etcd, for the lab itself: see etcd.Access."""
        return self.core.access()

    def find(self, name):
        """A host (`host1`), a workload (`host1/w1`) or the room (`room`)."""
        known = {"room": self.room, **self.hosts, **self.workloads}
        if name not in known:
            raise LabError(f"lab '{self.name}' has no '{name}'; it has: {', '.join(known)}")
        return known[name]

    def program_env(self, program):
        """How a program of Calico finds etcd, and what the lab adds for all."""
        return {**self.core.env(program), **self.facts["env"]}

    def startup_env(self):
        """For calico-node: addresses by themselves, pools that hold the workloads, no tunnels."""
        pools = self.facts["pools"]
        return {**self.program_env("node"), "IP": "autodetect", "IP6": "autodetect", "CALICO_NETWORKING_BACKEND": "bird",
                "WAIT_FOR_DATASTORE": "true", "CLUSTER_TYPE": "lab",
                "CALICO_IPV4POOL_CIDR": pools["ipv4"], "CALICO_IPV6POOL_CIDR": pools["ipv6"],
                "CALICO_IPV4POOL_NAT_OUTGOING": "false", "CALICO_IPV4POOL_IPIP": "Never",
                "CALICO_IPV4POOL_VXLAN": "Never"}

    def felix_env(self, hostname):
        return {**self.program_env("felix"), "FELIX_FELIXHOSTNAME": hostname, "FELIX_IPV6SUPPORT": "true",
                "FELIX_HEALTHENABLED": "true", "FELIX_ENDPOINTREPORTINGENABLED": "true",
                "FELIX_LOGFILEPATH": "none"}  # what it prints is kept already

    def add_host(self, calico=True):
        """The next host, with Calico's programs running on it (started, not waited for)."""
        index = len(self.facts["hosts"]) + 1
        if index > plan.HOSTS_MOST:
            raise LabError(f"a lab has room for {plan.HOSTS_MOST} hosts")
        self.report(f"host{index}")
        host = Host.create(self, index)
        self.facts["hosts"][host.name] = host.facts
        self.save()
        if calico:
            host.start_calico()
            if index == 1:
                self.create_profile(host)
        return host

    def create_profile(self, host):
        """Workloads of the lab reach each other, as those of one CNI network do."""
        allow = {"action": "Allow"}
        profile = {"apiVersion": "projectcalico.org/v3", "kind": "Profile",
                   "metadata": {"name": plan.PROFILE},
                   "spec": {"labelsToApply": {plan.PROFILE: ""}, "egress": [allow],
                            "ingress": [{**allow, "source": {"selector": f"has({plan.PROFILE})"}}]}}
        host.calicoctl("apply", "-f", "-", input=yaml.safe_dump(profile))

    def await_ready(self, seconds=30):
        """Every Felix says it is ready, and every host has a route to every workload."""
        for host in self.hosts.values():
            wait.until(f"Felix on {host.name} to be ready (see {host.log_directory}/felix.log)",
                       host.felix_ready, seconds)
        for host in self.hosts.values():
            for family in (4, 6):
                wait.until(f"routes of IPv{family} on {host.name} to all workloads",
                           lambda: self.has_all_routes(host, family), seconds)

    def has_all_routes(self, host, family):
        """The block of an address counts: hosts may tell each other no more than that."""
        known = [ipaddress.ip_network(r) for r in host.routes(family)
                 if set(r) <= set("0123456789abcdef.:/")]  # neither "default" nor "blackhole"
        return all(any(ipaddress.ip_address(w.addresses[family]) in r for r in known)
                   for w in self.workloads.values())


def take_down(name):
    """Ends a lab in whatever state it is. Returns whether there was one."""
    directory = directory_of(name)
    there = os.path.isdir(directory)
    Lab(name, {"bin": "/", "pools": {}, "env": {}, "hosts": {}}).down()
    return there
