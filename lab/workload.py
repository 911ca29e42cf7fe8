# SPDX-License-Identifier: GPL-2.0-or-later
"""A workload: a network namespace behind a veth, and its WorkloadEndpoint.

The CNI plugin makes both, called as a container runtime calls it. For what a runtime never does (a
link without an endpoint) the same link is made by hand: the addresses stand alone (/32, /128),
everything goes to one gateway that the host side of the veth answers for.
"""
import json
import os

import yaml

from . import namespaces, plan, wait

QUIET = {"net/ipv6/conf/default/accept_dad": 0, "net/ipv6/conf/default/accept_ra": 0}
# Probes that run side by side listen on one port each for itself: when one ends, what was on its
# way to it goes to the other, and is not reset.
SHARED = {"net/ipv4/tcp_migrate_req": 1}


class Workload:
    """facts: host, name, index, container, interface, ipv4, ipv6, pid and what was asked for."""

    def __init__(self, host, facts):
        self.host, self.facts = host, facts
        self.name = f"{host.name}/{facts['name']}"
        self.interface = facts["interface"]
        self.process = f"{host.process}/root/proc/{facts['pid']}"
        self.service = "workload-" + facts["name"]
        self.env = host.env

    @property
    def addresses(self):
        return {4: self.facts["ipv4"], 6: self.facts["ipv6"]}

    def __repr__(self):
        return f"<Workload {self.name}>"

    def command(self, argv):
        """Its own network, the host's files and processes."""
        return (namespaces.enter(self.host.process, ["mount", "pid", "uts", "ipc"])[:-1]
                + [f"--net={self.process}/ns/net", "--"] + list(argv))

    def ip(self, *commands):
        namespaces.ip_batch(self.process, commands)

    # -- by the plugin

    def network(self):
        """The network configuration; where the datastore is, the environment says. The plugin would
        make a profile of the network's name."""
        labels = {**self.facts["labels"], "projectcalico.org/namespace": self.facts["namespace"]}
        return {"cniVersion": "1.0.0", "name": plan.PROFILE, "type": "calico",
                "log_level": "info", "log_file_path": "/var/log/calico/cni/cni.log",
                "ipam": self.address_management(),
                "args": {"org.apache.mesos": {"network_info": {"labels": {"labels": [
                    {"key": key, "value": value} for key, value in labels.items()]}}}}}

    def address_management(self):
        if self.facts["ipam"] == "calico-ipam":
            return {"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"}
        return {"type": "static", "addresses": [{"address": f"{self.addresses[4]}/32"},
                                                {"address": f"{self.addresses[6]}/128"}]}

    def call_plugin(self, verb):
        """The plugin's result, None if it prints none."""
        out = self.host.run(
            "calico", input=json.dumps(self.network()), CNI_COMMAND=verb,
            CNI_CONTAINERID=self.facts["container"], CNI_IFNAME="eth0",
            CNI_NETNS=f"/proc/{self.facts['pid']}/ns/net",
            CNI_PATH=f"{self.host.lab.facts['bin']}:/usr/lib/cni").stdout
        return json.loads(out) if out.startswith("{") else None

    def attach(self):
        """Link, addresses, endpoint."""
        self.await_namespace()
        namespaces.set_sysctls(self.process, QUIET | SHARED)
        self.ip("link set lo up")
        result = self.call_plugin("ADD")
        for ip in result["ips"]:
            address = ip["address"].split("/")[0]
            self.facts["ipv6" if ":" in address else "ipv4"] = address
        self.facts["interface"] = self.interface = result["interfaces"][0]["name"]
        self.facts["mac"] = result["interfaces"][1]["mac"]
        if self.facts["spec"] or self.facts["profiles"] != [plan.PROFILE]:
            self.publish()  # what no network configuration can say

    # -- by hand

    def await_namespace(self):
        here = os.readlink(f"{self.host.process}/ns/net")
        wait.until(f"the namespace of {self.name}",
                   lambda: os.readlink(f"{self.process}/ns/net") != here)

    def connect(self):
        """The veth between it and its host; the host side is named last and comes up last."""
        self.await_namespace()
        namespaces.set_sysctls(self.process, QUIET | SHARED)
        # The endpoint says which MAC the host sends to.
        mac = f"address {self.facts['mac']} " if "mac" in self.facts else ""
        self.host.ip(f"link add {self.interface} address {plan.WORKLOAD_GATEWAY_MAC} type veth "
                     f"peer name eth0 {mac}netns {self.process}/ns/net")
        self.ip("link set lo up", "link set eth0 up",
                f"addr add {self.addresses[4]}/32 dev eth0",
                f"addr add {self.addresses[6]}/128 dev eth0 nodad",
                f"route add {plan.WORKLOAD_GATEWAY[4]} dev eth0 scope link",
                f"route add default via {plan.WORKLOAD_GATEWAY[4]} dev eth0",
                f"route add default via {plan.WORKLOAD_GATEWAY[6]} dev eth0")
        self.host.ip(f"link set {self.interface} up")

    def endpoint(self):
        """The WorkloadEndpoint resource."""
        spec = {"node": self.host.name, "orchestrator": "cni", "endpoint": "eth0",
                "containerID": self.facts["container"], "workload": self.facts["name"],
                "interfaceName": self.interface,
                "ipNetworks": [f"{self.addresses[4]}/32", f"{self.addresses[6]}/128"],
                "profiles": self.facts["profiles"], **self.facts["spec"]}
        if "mac" in self.facts:
            spec = {"mac": self.facts["mac"], **spec}
        name = plan.endpoint_name(self.host.name, "cni", self.facts["container"], "eth0")
        return {"apiVersion": "projectcalico.org/v3", "kind": "WorkloadEndpoint",
                "metadata": {"name": name, "namespace": self.facts["namespace"],
                             "labels": self.facts["labels"]},
                "spec": spec}

    def publish(self):
        self.host.calicoctl("apply", "-f", "-", input=yaml.safe_dump(self.endpoint()))

    def remove(self):
        """The endpoint first, then what it needed."""
        if self.facts["published"]:
            self.call_plugin("DEL")
        else:
            self.host.calicoctl("delete", "-f", "-", input=yaml.safe_dump(self.endpoint()))
        self.host.stop(self.service)
