# SPDX-License-Identifier: GPL-2.0-or-later
"""A lab as somebody asked for it, with a line for each step."""
from . import programs
from .core import Options
from .lab import Lab, names
from .node import LabError


def report(line):
    print(f"... {line}", flush=True)


def bring_up(args):
    """The lab as asked for: made, or given the hosts and workloads that it lacks."""
    if args.name in names() and (lab := find(args.name)):
        lab.report = report
    else:
        core = Options(args.etcd, args.proxy, args.tls, args.auth)
        lab = Lab.create(args.name, programs.directory(args.build), report=report, core=core)
    try:
        while len(lab.hosts) < args.hosts:
            lab.add_host()
        for host in lab.hosts.values():
            while len(host.workloads) < args.workloads:
                report(f"workload {host.add_workload().name}")
        report("routes and policy on every host")
        lab.await_ready()
    except (LabError, TimeoutError):
        report(f"the lab stays as it is, for a look: logs are in {lab.directory}/log; "
               f"./calico-lab down --name {lab.name} removes it")
        raise
    return lab


def find(name):
    try:
        return Lab.open(name)
    except LabError:
        return None
