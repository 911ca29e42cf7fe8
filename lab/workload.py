# SPDX-License-Identifier: GPL-2.0-or-later
"""A workload: a network namespace behind a veth, and its WorkloadEndpoint.

Does by hand what the CNI plugin does: the addresses stand alone (/32, /128), everything goes to
one gateway that the host side of the veth answers for.
"""
import os

import yaml

from . import namespaces, plan, wait


class Workload:
    """facts: host, name, index, container, interface, ipv4, ipv6, pid and what was asked for."""

    def __init__(self, host, facts):
        self.host, self.facts = host, facts
        self.name = f"{host.name}/{facts['name']}"
        self.interface = facts["interface"]
        self.addresses = {4: facts["ipv4"], 6: facts["ipv6"]}
        self.process = f"{host.process}/root/proc/{facts['pid']}"
        self.service = "workload-" + facts["name"]
        self.env = host.env

    def __repr__(self):
        return f"<Workload {self.name}>"

    def command(self, argv):
        """Its own network, the host's files and processes."""
        return (namespaces.enter(self.host.process, ["mount", "pid", "uts", "ipc"])[:-1]
                + [f"--net={self.process}/ns/net", "--"] + list(argv))

    def ip(self, *commands):
        namespaces.ip_batch(self.process, commands)

    def connect(self):
        """The veth between it and its host; the host side is named last and comes up last."""
        here = os.readlink(f"{self.host.process}/ns/net")
        wait.until(f"the namespace of {self.name}",
                   lambda: os.readlink(f"{self.process}/ns/net") != here)
        quiet = {"net/ipv6/conf/default/accept_dad": 0, "net/ipv6/conf/default/accept_ra": 0}
        namespaces.set_sysctls(self.process, quiet)
        self.host.ip(f"link add {self.interface} address {plan.WORKLOAD_GATEWAY_MAC} type veth "
                     f"peer name eth0 netns {self.process}/ns/net")
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
        name = plan.endpoint_name(self.host.name, "cni", self.facts["container"], "eth0")
        return {"apiVersion": "projectcalico.org/v3", "kind": "WorkloadEndpoint",
                "metadata": {"name": name, "namespace": self.facts["namespace"],
                             "labels": self.facts["labels"]},
                "spec": spec}

    def publish(self):
        self.host.calicoctl("apply", "-f", "-", input=yaml.safe_dump(self.endpoint()))

    def remove(self):
        """The endpoint first, as the CNI plugin does it."""
        self.host.calicoctl("delete", "-f", "-", input=yaml.safe_dump(self.endpoint()))
        self.host.stop(self.service)
