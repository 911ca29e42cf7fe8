# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel says of a lab: changes of nf_tables as they happen, memory of processes."""
import socket
import struct

from . import namespaces

NETLINK_NETFILTER = 12
NFNLGRP_NFTABLES = 7
NFT_MSG_NEWGEN = 15          # the kernel's last word on each transaction
NFNL_SUBSYS_NFTABLES = 10


class NftEvents:
    """The nf_tables transactions in the network namespace of `process`, from now on."""

    def __init__(self, process):
        with namespaces.network_of(process):
            self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((0, 1 << (NFNLGRP_NFTABLES - 1)))

    def fileno(self):
        return self.socket.fileno()

    def read_commit(self):
        """Reads one message that has come; whether it was the end of a transaction."""
        return NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWGEN in message_types(
            self.socket.recv(1 << 17))


def message_types(data):
    types = set()
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        types.add(kind)
        data = data[max(16, (length + 3) & ~3):]
    return types


def memory(process):
    """(PSS, private, private dirty) of a process in KiB."""
    with open(f"{process}/smaps_rollup", encoding="ascii") as f:
        fields = dict(line.split(":", 1) for line in f if line.count(":") == 1)
    kib = {name: int(value.split()[0]) for name, value in fields.items() if "kB" in value}
    return (kib["Pss"], kib["Private_Clean"] + kib["Private_Dirty"], kib["Private_Dirty"])


def memory_table(lab):
    """One line per service of the room and of each host."""
    lines = [f"{'where':<8}{'process':<12}{'PSS':>10}{'private':>10}{'of it dirty':>13}   KiB"]
    for node in [lab.room, *lab.hosts.values()]:
        for name, service in node.services().items():
            if service["pid"] and not name.startswith(("workload-", "host", "core")):
                pss, private, dirty = memory(f"{node.process}/root/proc/{service['pid']}")
                lines.append(f"{node.name:<8}{name:<12}{pss:>10}{private:>10}{dirty:>13}")
    return "\n".join(lines)
