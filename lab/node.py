# SPDX-License-Identifier: GPL-2.0-or-later
"""A room or a host from outside: its first process, its services, commands run inside it."""
import json
import os
import socket
import subprocess
import sys

from . import namespaces, wait

INIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "init.py")
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable


class LabError(Exception):
    """What went wrong, and what the user can do about it."""


def init_command(flags, *words):
    return ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child",
            "--mount-proc", *flags, PYTHON, "-I", "-S", INIT, *words]


def await_child(process):
    """The number of the only child of `process`, in the PID namespace in which it is named."""
    def children():
        with open(f"{process}/task/{os.path.basename(process)}/children", encoding="ascii") as f:
            return f.read().split()

    return int(wait.until(f"a child of {process}", children)[0])


class Node:
    """`process` is the path of its first process in /proc, see namespaces.py."""

    def __init__(self, name, process, socket_path, log, env):
        self.name, self.process, self.socket_path = name, process, socket_path
        self.log_directory, self.env = log, env

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"

    # -- its services

    def request(self, deadline=15.0, **request):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(deadline)
            s.connect(self.socket_path)
            s.sendall(json.dumps(request).encode() + b"\n")
            reply = json.loads(s.makefile("r").readline())
        if "error" in reply:
            raise LabError(f"{self.name}: {reply['error']}")
        return reply

    def services(self):
        return self.request(do="list")["services"]

    def start(self, name, argv, keep=False, **env):
        return self.request(do="start", name=name, argv=argv, env={**self.env, **env},
                            keep=keep)["pid"]

    def stop(self, name, seconds=5.0):
        """Asks it to end, kills it after `seconds`; returns its exit status."""
        return self.request(seconds + 10, do="stop", name=name, seconds=seconds)["status"]

    def signal(self, name, number):
        self.request(do="signal", name=name, signal=int(number))

    def service_process(self, name):
        return f"{self.process}/root/proc/{self.services()[name]['pid']}"

    def log(self, service):
        """All that a service has written so far."""
        try:
            with open(os.path.join(self.log_directory, service + ".log"), errors="replace",
                      encoding="utf-8") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    # -- commands

    def command(self, argv):
        return namespaces.enter(self.process) + list(argv)

    def run(self, *argv, input=None, check=True, timeout=30, **env):
        """Runs a command to its end and returns it, with its output as text."""
        done = subprocess.run(self.command(argv), input=input, text=True, capture_output=True,
                              timeout=timeout, env={**self.env, **env})
        if check and done.returncode != 0:
            raise LabError(f"{self.name}: {' '.join(argv)} ended with {done.returncode}\n"
                           f"{done.stdout}{done.stderr}".rstrip())
        return done

    def ip(self, *commands):
        namespaces.ip_batch(self.process, commands)

    def await_init(self):
        wait.until(f"{self.name} to come up (see {self.log_directory})",
                   lambda: self.request(do="list"))
