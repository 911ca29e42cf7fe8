# SPDX-License-Identifier: GPL-2.0-or-later
"""The room that a lab lives in: its first process on this machine, and the segment."""
import json
import os
import select
import signal
import subprocess

from . import namespaces, plan
from .node import LabError, Node, await_child, init_command

BRIDGE = "segment"


def started_at(pid):
    """The start time of a process in clock ticks, None if there is none: numbers are used again."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return None


class Room(Node):
    def __init__(self, directory, pid, env):
        super().__init__("room", f"/proc/{pid}", f"{directory}/room.sock", f"{directory}/log/room",
                         env)
        self.directory = directory
        self.pid = pid
        self.parent = None  # the `unshare` above it, while we are the ones who started it

    @classmethod
    def open(cls, directory, env):
        """The room that lives in a directory, None if it does not run."""
        try:
            with open(f"{directory}/room.pid", encoding="ascii") as f:
                pid, start = f.read().split()
        except (FileNotFoundError, ValueError):
            return None
        return cls(directory, int(pid), env) if started_at(pid) == start else None

    @classmethod
    def create(cls, directory, hostname, env):
        """Its number is on disk before it does anything, so that `down` finds it in any case."""
        os.makedirs(f"{directory}/log/room")
        spec = {"hostname": hostname, "socket": f"{directory}/room.sock",
                "log": f"{directory}/log/room",
                "mounts": [["sysfs", "sysfs", "/sys"],
                           ["tmpfs", "etcd", f"{directory}/etcd", "size=2g"]]}
        with open(f"{directory}/log/room/init.log", "ab") as log:
            parent = subprocess.Popen(init_command([]), stdin=subprocess.PIPE, stdout=log,
                                      stderr=log, start_new_session=True, cwd="/")
        pid = await_child(f"/proc/{parent.pid}")
        with open(f"{directory}/room.pid", "w", encoding="ascii") as f:
            f.write(f"{pid} {started_at(pid)}\n")
        parent.stdin.write(json.dumps(spec).encode())
        parent.stdin.close()
        room = cls(directory, pid, env)
        room.parent = parent
        room.await_init()
        return room

    def build_segment(self):
        namespaces.set_sysctls(self.process, {"net/ipv6/conf/default/accept_dad": 0,
                                              "net/ipv4/ip_forward": 1,
                                              "net/ipv6/conf/all/forwarding": 1})
        self.ip("link set lo up",
                f"link add {BRIDGE} type bridge forward_delay 0 mcast_snooping 0",
                f"link set {BRIDGE} up",
                *(f"addr add {plan.GATEWAY[f]}/{plan.SEGMENT_LENGTH[f]} dev {BRIDGE}"
                  for f in (4, 6)))

    def kill(self):
        """Ends everything in the room: the kernel kills a PID namespace with its first process."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            os.kill(self.pid, signal.SIGKILL)
            if not select.select([handle], [], [], 20)[0]:
                raise LabError(f"process {self.pid} of the room does not end")
        except ProcessLookupError:
            pass
        finally:
            os.close(handle)
        if self.parent:
            self.parent.wait(timeout=10)

