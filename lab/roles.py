# SPDX-License-Identifier: GPL-2.0-or-later
"""The least that each program must be allowed in etcd; docs/etcd-roles.md says why."""

RESOURCES = "/calico/resources/v3/projectcalico.org/"
IPAM = "/calico/ipam/v2/"


def _kinds(*names):
    return [f"{RESOURCES}{name}/" for name in names]


# program -> {"read": [prefix, ...], "readwrite": [prefix, ...]}
ROLES = {
    "felix": {
        "read": _kinds("clusterinformations", "felixconfigurations", "globalnetworkpolicies",
                       "globalnetworksets", "hostendpoints", "ippools", "networkpolicies",
                       "networksets", "nodes", "profiles", "tiers", "workloadendpoints")
        + [IPAM + "assignment/"],
        "readwrite": ["/calico/felix/"],
    },
    "bgp": {
        "read": _kinds("bgpconfigurations", "bgpfilters", "bgppeers", "ippools", "nodes")
        + [IPAM + "host/"],
        "readwrite": [],
    },
    "node": {
        "read": [],
        "readwrite": _kinds("bgpconfigurations", "clusterinformations", "felixconfigurations",
                            "ipamconfigurations", "ippools", "nodes", "tiers") + [IPAM],
    },
    "cni": {
        "read": _kinds("clusterinformations", "ippools", "ipreservations", "nodes"),
        "readwrite": _kinds("profiles", "workloadendpoints") + [IPAM],
    },
    "calicoctl": {
        "read": [],
        "readwrite": ["/calico/"],
    },
}
PROGRAMS = tuple(ROLES)
