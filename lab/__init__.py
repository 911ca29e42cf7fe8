# SPDX-License-Identifier: GPL-2.0-or-later
"""Hosts as namespaces on this machine, with etcd, BIRD and workloads.

    room        a network, mount, PID, UTS and IPC namespace with the segment (a bridge) and etcd
      host      the same again, behind a link called eth0, with Felix, calico-bgp and BIRD
        workload  a network namespace, behind a veth

Everything is a descendant of the room's first process, in the room's PID namespace, and every
mount is made inside the room. Killing that one process leaves nothing of a lab but its directory.
"""
