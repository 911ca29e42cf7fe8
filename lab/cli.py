# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of the lab."""
import argparse
import json
import os
import sys

from . import checks, demo, kernel, matrix
from .bringup import bring_up
from .lab import Lab, take_down
from .node import LabError


def up(args):
    lab = bring_up(args)
    print(f"lab '{lab.name}' is up: {len(lab.hosts)} hosts, {len(lab.workloads)} workloads")


def down(args):
    there = take_down(args.name)
    print(f"lab '{args.name}' is {'gone' if there else 'not there; nothing to do'}")


def status(args):
    lab = Lab.open(args.name)
    for node in [lab.room, *lab.hosts.values()]:
        print(f"{node.name}  {'  '.join(getattr(node, 'addresses', {}).values())}")
        for name, service in node.services().items():
            if name in lab.hosts or name.startswith("core"):
                continue
            workload = lab.workloads.get(f"{node.name}/{name.removeprefix('workload-')}")
            state = "running" if service["pid"] else "ended"
            if service["ends"]:
                state += f", exit codes so far {service['ends']}"
            if workload:
                name = workload.name
                state += f"  {workload.interface}  {'  '.join(workload.addresses.values())}"
            print(f"  {name:<12}{state}")
    print()
    print(kernel.memory_table(lab))
    print(f"\nlogs: {lab.directory}/log")


def show_matrix(args):
    lab = Lab.open(args.name)
    ends = list(lab.workloads.values())
    protocols = matrix.PROTOCOLS + (("udp",) if args.udp else ())
    outcomes = matrix.measure(ends, protocols=protocols, port=args.port)
    if args.json:
        print(json.dumps([{"from": a, "to": b, "family": f, "protocol": p, "outcome": outcome}
                          for (a, b, f, p), outcome in outcomes.items()], indent=1))
    else:
        print(matrix.draw(ends, outcomes, args.port))


def shell(args):
    """Ends as the command ends: this process becomes it."""
    end = Lab.open(args.name).find(args.host)
    words = args.command[1:] if args.command[:1] == ["--"] else args.command
    argv = end.command(words or ["bash", "-i"])
    environment = {**end.env, "PS1": f"[{end.name}] \\w # "}
    sys.stdout.flush()
    os.execvpe(argv[0], argv, environment)


def parser():
    top = argparse.ArgumentParser(
        prog="calico-lab", description="Hosts with Calico, as namespaces on this machine.",
        epilog="Each command has its own --help.")
    commands = top.add_subparsers(dest="verb", metavar="COMMAND", required=True)

    def command(function, verb, text, **more):
        p = commands.add_parser(verb, help=text, description=text, **more)
        p.set_defaults(function=function)
        p.add_argument("--name", default="lab", help="which lab (default: %(default)s)")
        return p

    def size(p):
        p.add_argument("--hosts", type=int, default=2, metavar="N",
                       help="how many hosts (default: %(default)s)")
        p.add_argument("--workloads", type=int, default=2, metavar="N",
                       help="how many workloads on each host (default: %(default)s)")
        p.add_argument("--etcd", type=int, default=3, choices=(1, 3), metavar="1|3",
                       help="how many members etcd has (default: %(default)s)")
        p.add_argument("--no-proxy", dest="proxy", action="store_false",
                       help="without etcd's proxy on each host")
        p.add_argument("--tls", action="store_true",
                       help="TLS with client certificates between all of them")
        p.add_argument("--auth", action="store_true",
                       help="a user with just its rights for each program; without the proxy, "
                       "which cannot tell them apart")
        p.add_argument("--build", metavar="DIR",
                       help="the build whose programs run (default: build/release)")

    size(command(up, "up", "Bring a lab up, or add what it lacks."))
    command(down, "down", "End a lab and all that is in it.")
    command(status, "status", "Show hosts, workloads, processes and their memory.")
    p = command(show_matrix, "matrix", "Try who reaches whom and show it as a table.")
    p.add_argument("--port", type=int, default=80, help="of TCP and UDP (default: %(default)s)")
    p.add_argument("--udp", action="store_true", help="try UDP as well")
    p.add_argument("--json", action="store_true", help="print data in place of a table")
    p = command(shell, "sh", "Run a shell or a command inside a host or a workload.",
                usage="calico-lab sh [--name NAME] HOST [-- COMMAND ...]")
    p.add_argument("host", metavar="HOST", help="host1, host1/w1, or room")
    p.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND",
                   help="default: an interactive shell")
    size(command(demo.run, "demo", "What `make lab` shows: checks, a lab, a policy, figures."))
    return top


def main(argv=None):
    args = parser().parse_args(argv)
    try:
        checks.check_root()
        return args.function(args)
    except (LabError, TimeoutError) as e:
        print(f"calico-lab: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
