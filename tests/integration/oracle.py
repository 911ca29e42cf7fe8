# SPDX-License-Identifier: GPL-2.0-or-later
"""What the evaluator says of packets (oracle.c), over what stands in etcd."""
import os
import socket
import subprocess

from lab import etcd, programs

PREFIX = "/calico/resources/v3/projectcalico.org/"
KINDS = ("workloadendpoints", "profiles", "tiers", "globalnetworkpolicies", "networkpolicies",
         "globalnetworksets", "networksets")
NUMBER = {("tcp", 4): socket.IPPROTO_TCP, ("tcp", 6): socket.IPPROTO_TCP,
          ("udp", 4): socket.IPPROTO_UDP, ("udp", 6): socket.IPPROTO_UDP,
          ("icmp", 4): socket.IPPROTO_ICMP, ("icmp", 6): socket.IPPROTO_ICMPV6}


def ask_oracle(process, probes):
    datastore = etcd.get_prefix(process, PREFIX)
    lines = [f"{key} {value}" for key, value in datastore.items()
             if key.removeprefix(PREFIX).split("/")[0] in KINDS]
    lines.append("")
    lines += [f"{p.source.addresses[p.family]} {p.address()} {NUMBER[p.protocol, p.family]} "
              f"{p.port}" for p in probes]
    oracle = os.path.join(programs.build_directory(), "tests", "integration", "oracle")
    done = subprocess.run([oracle], input="\n".join(lines) + "\n", text=True, check=True,
                          capture_output=True, timeout=60)
    answers = done.stdout.splitlines()
    assert len(answers) == len(probes)
    return answers
