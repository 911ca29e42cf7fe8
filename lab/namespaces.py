# SPDX-License-Identifier: GPL-2.0-or-later
"""Reaching into the namespaces of another process.

A process inside a room is named by a path, never by a number of this machine:
/proc/ROOM/root/proc/HOST/root/proc/WORKLOAD. Each step is a number in the PID namespace that the
/proc before it shows.
"""
import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)


def setns(fd, kind):
    if _libc.setns(fd, kind) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"setns: {os.strerror(error)}")


@contextlib.contextmanager
def network_of(process):
    """The calling thread is in the network namespace of `process` for the length of the block.

    Sockets belong to the namespace in which they were made, and stay usable after the block.
    """
    with open("/proc/thread-self/ns/net", "rb") as here, open(f"{process}/ns/net", "rb") as there:
        setns(there.fileno(), CLONE_NEWNET)
        try:
            yield
        finally:
            setns(here.fileno(), CLONE_NEWNET)


def enter(process, kinds=("net", "mount", "pid", "uts", "ipc")):
    """The words before a command that runs in these namespaces of `process`."""
    files = {"mount": "mnt"}
    return ["nsenter", *(f"--{kind}={process}/ns/{files.get(kind, kind)}" for kind in kinds), "--"]


def ip_batch(process, commands):
    """Runs lines of `ip` in the network namespace of `process`, all or an error that names one."""
    text = "\n".join(commands) + "\n"
    done = subprocess.run(enter(process, ["net"]) + ["ip", "-batch", "-"], input=text, text=True,
                          capture_output=True, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"ip -batch failed: {done.stderr.strip()}\n{text}")


def set_sysctls(process, values):
    """Writes /proc/sys of the network namespace of `process`, by dotted or slashed names."""
    with network_of(process):
        for name, value in values.items():
            with open("/proc/thread-self/root/proc/sys/" + name, "w", encoding="ascii") as f:
                f.write(str(value))
