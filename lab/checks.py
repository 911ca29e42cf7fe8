# SPDX-License-Identifier: GPL-2.0-or-later
"""Whether this machine can carry a lab: each check is one sentence, good or bad."""
import os
import shutil
import subprocess

from .node import LabError

ROOM_MB, HOST_MB = 80, 60        # the tools; a host with all its processes
MEMBER_MB, PROXY_MB = 70, 30     # of etcd
DISK_MB = 300                    # the build, logs

NFT = """
table ip t {
  set owned { type ifname . ipv4_addr; }
  set nets { type ipv4_addr; flags interval; }
  chain allow { ct state invalid drop; accept; }
  map from { type devgroup : verdict; elements = { 7 : goto allow }; }
  chain forward {
    type filter hook forward priority 0;
    ct state established,related accept
    iifgroup vmap @from
    iifname . ip saddr != @owned drop
  }
}
table ip6 t {
  chain input { type filter hook input priority 0; icmpv6 type { 135, 136 } accept; }
}
table arp t { chain output { type filter hook output priority 0; arp operation reply drop; }; }
"""

# What a lab needs of the kernel, and a command that shows that it is there; each runs in
# namespaces of its own.
TRIALS = [
    ("makes network, mount, PID and UTS namespaces", "true"),
    ("links them with veth pairs and a bridge",
     "ip link add name v1 type veth peer name v2 && ip link add name br1 type bridge"),
    ("lays overlay file systems over /etc and /var",
     "mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w && "
     "mount -t overlay o -o lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc"),
    ("has IPv6", "test -d /proc/sys/net/ipv6"),
    ("filters with nf_tables: sets, verdict maps by link group, connection tracking, ARP",
     f"nft -f - <<'END'\n{NFT}\nEND"),
]


def megabytes_available():
    with open("/proc/meminfo", encoding="ascii") as f:
        fields = dict(line.split(":") for line in f)
    return int(fields["MemAvailable"].split()[0]) // 1024


def check_memory(hosts, members=1, proxy=False):
    need = ROOM_MB + MEMBER_MB * members + (HOST_MB + PROXY_MB * proxy) * hosts
    have = megabytes_available()
    if have < need:
        raise LabError(f"A lab of {hosts} hosts needs about {need} MB of memory, only {have} MB "
                       "are available; ask for fewer with --hosts.")
    return f"Memory: {have} MB are available, a lab of {hosts} hosts needs about {need} MB."


def check_disk(path):
    have = shutil.disk_usage(path).free >> 20
    if have < DISK_MB:
        raise LabError(f"The build and the logs need {DISK_MB} MB at {path}, only {have} MB "
                       "are free.")
    return f"Disk: {have} MB are free at {path}, the build and the logs need {DISK_MB} MB."


def check_kernel():
    release = os.uname().release
    for what, command in TRIALS:
        done = subprocess.run(
            ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc",
             "sh", "-c", command], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise LabError(f"This kernel ({release}) does not do what a lab needs: "
                           f"{what}.\n{done.stderr.strip()}")
        yield f"Kernel: {release} {what}."


def check_root():
    if os.geteuid() != 0:
        raise LabError("A lab makes namespaces and needs root: run it again with sudo.")
