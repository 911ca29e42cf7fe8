# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has which address and name in a lab. Hosts and workloads are counted from 1."""
import dataclasses
import hashlib

SEGMENT = {4: "172.18.0.{}", 6: "fd00:18::{:x}"}
SEGMENT_LENGTH = {4: 24, 6: 64}
GATEWAY = {family: form.format(1) for family, form in SEGMENT.items()}
ETCD = "http://172.18.0.2:2379"      # the first member, in a lab without TLS
MEMBERS_MOST = 7
HOSTS_MOST = 200

# What Calico's own containers see: one made-up gateway, the same hardware address everywhere.
WORKLOAD_GATEWAY = {4: "169.254.1.1", 6: "fe80::ecee:eeff:feee:eeee"}
WORKLOAD_GATEWAY_MAC = "ee:ee:ee:ee:ee:ee"

PROFILE = "lab"


@dataclasses.dataclass(frozen=True)
class Pools:
    ipv4: str = "10.65.0.0/16"
    ipv6: str = "fd00:65::/48"


def member_address(member, family):
    """Of etcd's members, which are counted from 1."""
    return SEGMENT[family].format(1 + member)


def host_address(index, family):
    return SEGMENT[family].format(10 + index)


def workload_address(host, index, family):
    return f"10.65.{host}.{index}" if family == 4 else f"fd00:65::{host:x}:{index:x}"


def container_id(host, workload):
    """What a container runtime would have made up; here the same on each run."""
    return hashlib.sha1(f"{host}/{workload}".encode()).hexdigest()


def interface_name(container):
    return "cali" + container[:11]  # datamodel.md 7.1, outside Kubernetes


def endpoint_name(node, orchestrator, workload, endpoint):
    return "-".join(part.replace("-", "--") for part in (node, orchestrator, workload, endpoint))
