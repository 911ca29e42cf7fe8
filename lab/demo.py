# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make lab` shows: a lab, who reaches whom in it, one policy, what it did, what it costs."""
import time

from . import checks, cli, etcd, kernel, matrix, programs
from .lab import take_down

POLICY = """\
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata:
  name: only-w1-to-w2
spec:
  selector: app == 'w2'
  ingress:
  - action: Allow
    protocol: TCP
    source:
      selector: app == 'w1'
    destination:
      ports: [80]
"""

PAGE = """\
The lab is running. Some things to try:

  ./calico-lab sh host1                       a shell on a host; calicoctl is configured there
  ./calico-lab sh host1 -- calicoctl get gnp -o yaml
  ./calico-lab sh host1 -- calicoctl delete gnp only-w1-to-w2
  ./calico-lab sh host1 -- calicoctl get wep -o wide
  ./calico-lab sh host1 -- calicoctl node status
  ./calico-lab sh host1 -- birdc -s /var/run/calico/bird.ctl show route
  ./calico-lab sh host2 -- nft list ruleset
  ./calico-lab sh host1/w1 -- ping host2      a command inside a workload
  ./calico-lab matrix --udp                   who reaches whom now
  ./calico-lab status                         processes, addresses, memory
  ./calico-lab up --hosts 3                   one host more

Logs: {logs}. `make lab-down` ends it and leaves nothing.
"""


def title(text):
    print(f"\n== {text}\n", flush=True)


def check(args):
    title("What this machine has")
    print(checks.check_memory(args.hosts))
    print(checks.check_disk(programs.ROOT))
    for sentence in checks.check_kernel():
        print(sentence)


def show_matrix(lab, text):
    title(text)
    ends = list(lab.workloads.values())
    print(matrix.draw(ends, matrix.measure(ends)))


class Stopwatch:
    """Times from the datastore to the kernels: etcd's own announcement, then each host's nf_tables.

    Both are seen from here, so a figure is good to about a tenth of a millisecond.
    """

    def __init__(self, lab, prefix):
        self.watch = etcd.Watch(lab.room.process, prefix)
        self.events = {host.name: kernel.NftEvents(host.process) for host in lab.hosts.values()}

    def read(self):
        announced, _ = self.watch.next()
        return announced, {name: events.next_commit() for name, events in self.events.items()}


def apply_policy(lab):
    title("One policy: w2 takes TCP port 80 from w1, and nothing else")
    print(POLICY)
    stopwatch = Stopwatch(lab, "/calico/resources/v3/projectcalico.org/globalnetworkpolicies/")
    began = time.monotonic()
    host = next(iter(lab.hosts.values()))
    print(host.calicoctl("apply", "-f", "-", input=POLICY).stdout.rstrip())
    announced, commits = stopwatch.read()
    print(f"calicoctl started -> etcd announced the write: {1000 * (announced - began):.1f} ms")
    for name, when in commits.items():
        print(f"etcd announced the write -> {name}'s kernel holds the new rules: "
              f"{1000 * (when - announced):.1f} ms")


def run(args):
    check(args)
    title("The lab")
    if take_down(args.name):
        cli.report("the lab that was here is gone")
    lab = cli.bring_up(args)
    show_matrix(lab, "Before any policy")
    apply_policy(lab)
    show_matrix(lab, "After it")
    host = next(iter(lab.hosts.values()))
    title(f"The rules in the kernel of {host.name}: nft list table ip calico")
    print(host.run("nft", "list", "table", "ip", "calico").stdout.rstrip())
    title("Memory")
    print(kernel.memory_table(lab))
    title("What next")
    print(PAGE.format(logs=f"{lab.directory}/log"))
