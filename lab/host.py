# SPDX-License-Identifier: GPL-2.0-or-later
"""One host: its own files, network and processes, and Calico's programs on it."""
import http.client
import json
import os
import socket

import yaml

from . import namespaces, plan, wait
from .node import LabError, Node, await_child, init_command
from .workload import Workload

LOG = "/var/log/calico"
BIRD_CONFIG = "/etc/calico/confd/config/bird.cfg"  # where calico-bgp writes it by itself
BIRD_SOCKET = "/var/run/calico/bird.ctl"


def host_spec(lab_directory, name):
    """Changes to /etc and /var stay in memory; logs are the one thing seen from the machine."""
    stage = f"{lab_directory}/{name}"  # a mount point; the machine sees an empty directory

    def overlay(path):
        layer = stage + path
        return ["overlay", "overlay", path,
                f"lowerdir={path},upperdir={layer}/upper,workdir={layer}/work"]

    return {"hostname": name, "socket": f"{lab_directory}/{name}.sock",
            "log": f"{lab_directory}/log/{name}", "log_inside": LOG,
            "mounts": [["sysfs", "sysfs", "/sys"],
                       ["tmpfs", "host", stage, "mode=755"],
                       overlay("/etc"), overlay("/var"),
                       ["bind", f"{lab_directory}/log/{name}", LOG],
                       ["tmpfs", "run", "/run", "mode=755"]],
            "directories": [["/etc/calico", 0o755], ["/run/calico", 0o755], ["/run/lock", 0o755],
                            ["/var/lib/calico", 0o755],
                            [os.path.dirname(BIRD_CONFIG), 0o755]]}


class Host(Node):
    def __init__(self, lab, facts):
        name = facts["name"]
        process = f"{lab.room.process}/root/proc/{facts['pid']}"
        super().__init__(name, process, f"{lab.directory}/{name}.sock",
                         f"{lab.directory}/log/{name}",
                         {**lab.core.env("calicoctl"), **lab.env, "NODENAME": name})
        self.lab, self.facts = lab, facts
        self.addresses = {f: plan.host_address(facts["index"], f) for f in (4, 6)}

    @classmethod
    def create(cls, lab, index):
        name = f"host{index}"
        os.makedirs(f"{lab.directory}/log/{name}")
        spec = json.dumps(host_spec(lab.directory, name))
        outer = lab.room.start(name, init_command([], spec))
        pid = await_child(f"{lab.room.process}/root/proc/{outer}")
        host = cls(lab, {"name": name, "index": index, "pid": pid, "workloads": {}})
        host.await_init()
        host.connect()
        host.write_files()
        lab.core.equip(host)
        return host

    def connect(self):
        """Its link to the segment, and a way out: without a default route proxy ARP is silent."""
        namespaces.set_sysctls(self.process, {"net/ipv6/conf/default/accept_dad": 0,
                                              "net/ipv6/conf/default/accept_ra": 0})
        self.lab.room.ip(f"link add {self.name} type veth peer name eth0 "
                         f"netns {self.process}/ns/net",
                         f"link set {self.name} master segment up")
        self.ip("link set lo up", "link set eth0 up",
                *(f"addr add {self.addresses[f]}/{plan.SEGMENT_LENGTH[f]} dev eth0"
                  for f in (4, 6)),
                *(f"route add default via {plan.GATEWAY[f]} dev eth0" for f in (4, 6)))

    def path(self, path):
        """A file of the host, as this machine can open it."""
        return f"{self.process}/root{path}"

    def write(self, path, text):
        with open(self.path(path), "w", encoding="utf-8") as f:
            f.write(text)

    def write_files(self):
        config = {"apiVersion": "projectcalico.org/v3", "kind": "CalicoAPIConfig", "metadata": {},
                  "spec": {"datastoreType": "etcdv3", **self.lab.core.settings("calicoctl")}}
        self.write("/etc/calico/calicoctl.cfg", yaml.safe_dump(config, sort_keys=False))
        os.chmod(self.path("/etc/calico/calicoctl.cfg"), 0o600)
        self.write("/etc/hostname", self.name + "\n")
        lines = ["127.0.0.1 localhost", "::1 localhost"]
        for index in range(1, plan.HOSTS_MOST + 1):
            lines += [f"{plan.host_address(index, f)} host{index}" for f in (4, 6)]
        self.write("/etc/hosts", "\n".join(lines) + "\n")

    # -- Calico's programs

    def calicoctl(self, *words, input=None, check=True, timeout=30):
        return self.run("calicoctl", *words, input=input, check=check, timeout=timeout)

    def start_calico(self):
        self.lab.core.start_proxy(self)
        self.start_node()
        self.start_felix()
        self.start_bgp()

    def start_node(self):
        """What must stand in the datastore before anything else; runs once."""
        self.run("calico-node", "-startup", timeout=60, **self.lab.startup_env())

    def start_felix(self):
        self.start("felix", ["calico-felix"], keep=True, **self.lab.felix_env(self.name))

    def start_bgp(self):
        self.start("bgp", ["calico-bgp"], keep=True, **self.lab.program_env("bgp"))
        wait.until(f"calico-bgp on {self.name} to write {BIRD_CONFIG}",
                   lambda: os.path.exists(self.path(BIRD_CONFIG)))
        self.start_bird()

    def start_bird(self):
        self.start("bird", ["bird", "-f", "-c", BIRD_CONFIG, "-s", BIRD_SOCKET], keep=True)

    def felix_ready(self):
        """Felix's own word, from its readiness address inside the host."""
        connection = http.client.HTTPConnection("127.0.0.1", 9099, timeout=2)
        with namespaces.network_of(self.process):
            connection.sock = socket.create_connection(("127.0.0.1", 9099), timeout=2)
        try:
            connection.request("GET", "/readiness")
            return connection.getresponse().status == 200
        finally:
            connection.close()

    def routes(self, family):
        """{destination: the rest of the line} of the main table."""
        out = self.run("ip", f"-{family}", "route", "show").stdout
        return {line.split()[0]: line for line in out.splitlines() if line.strip()}

    # -- workloads

    @property
    def workloads(self):
        return {name: Workload(self, facts) for name, facts in self.facts["workloads"].items()}

    def add_workload(self, name=None, ipv4=None, ipv6=None, labels=None, profiles=None, spec=None,
                     namespace="default", publish=True):
        """A workload as a container runtime makes it, by the CNI plugin; `publish` False: its link
        alone, by hand, without a WorkloadEndpoint.

        `spec` is added to the spec of the WorkloadEndpoint.
        """
        index = 1 + max((f["index"] for f in self.facts["workloads"].values()), default=0)
        name = name or f"w{index}"
        if name in self.facts["workloads"]:
            raise LabError(f"{self.name} has a workload {name} already")
        container = plan.container_id(self.name, name)
        facts = {"name": name, "index": index, "container": container, "namespace": namespace,
                 "interface": plan.interface_name(container), "published": publish,
                 "labels": {"app": name, "host": self.name} if labels is None else labels,
                 "profiles": [plan.PROFILE] if profiles is None else profiles,
                 "spec": spec or {}, **self.addresses_of(index, ipv4, ipv6, publish)}
        facts["ipam"] = "static" if facts["ipv4"] else "calico-ipam"
        facts["pid"] = self.start("workload-" + name, ["unshare", "--net", "sleep", "infinity"])
        workload = Workload(self, facts)
        if publish:
            workload.attach()
        else:
            workload.connect()
        self.facts["workloads"][name] = facts
        self.lab.save()
        return workload

    def addresses_of(self, index, ipv4, ipv6, publish):
        """Those that are known beforehand: given, or of the plan where nobody else assigns them."""
        host = self.facts["index"]
        planned = self.lab.facts["ipam"] == "static" or not publish or ipv4 or ipv6
        return {"ipv4": ipv4 or (plan.workload_address(host, index, 4) if planned else None),
                "ipv6": ipv6 or (plan.workload_address(host, index, 6) if planned else None)}

    def remove_workload(self, name):
        self.workloads[name].remove()
        del self.facts["workloads"][name]
        self.lab.save()

