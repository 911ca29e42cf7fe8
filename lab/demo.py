# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make lab` shows: a lab, who reaches whom in it, one policy, what it did, what it costs."""
import select
import statistics
import subprocess
import time

from . import checks, etcd, kernel, matrix, programs
from .bringup import bring_up, report
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

POLICY_KEY = "/calico/resources/v3/projectcalico.org/globalnetworkpolicies/only-w1-to-w2"

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
    print(checks.check_memory(args.hosts, args.etcd, args.proxy and not args.auth))
    print(checks.check_disk(programs.ROOT))
    for sentence in checks.check_kernel():
        print(sentence)


def show_matrix(lab, text):
    title(text)
    ends = list(lab.workloads.values())
    print(matrix.draw(ends, matrix.measure(ends)))


class Stopwatch:
    """When each host's kernel tells of a change of its rules, seen while the cause goes on."""

    def __init__(self, lab):
        self.events = {host.name: kernel.NftEvents(host.process) for host in lab.hosts.values()}

    def commits(self, seconds=10.0):
        """{host: time of its next transaction}, on the monotonic clock."""
        times, deadline = {}, time.monotonic() + seconds
        while len(times) < len(self.events):
            waiting = [e for name, e in self.events.items() if name not in times]
            ready = select.select(waiting, [], [], max(0, deadline - time.monotonic()))[0]
            if not ready:
                raise TimeoutError(f"no host's kernel but those of {list(times)} changed its rules")
            now = time.monotonic()
            times.update((name, now) for name, e in self.events.items()
                         if e in ready and e.read_commit())
        return times


def apply_policy(lab, stopwatch):
    title("One policy: w2 takes TCP port 80 from w1, and nothing else")
    print(POLICY)
    host = next(iter(lab.hosts.values()))
    began = time.monotonic()
    command = subprocess.Popen(host.command(["calicoctl", "apply", "-f", "-"]), env=host.env,
                               stdin=subprocess.PIPE, text=True)
    command.stdin.write(POLICY)
    command.stdin.close()
    commits = stopwatch.commits()
    command.wait(10)
    for name, when in commits.items():
        print(f"calicoctl started -> {name}'s kernel holds the new rules: "
              f"{1000 * (when - began):.1f} ms")


def time_writes(lab, stopwatch, count=20):
    """The same policy written again and again, its port going back and forth, ending as it was."""
    (key, value), = etcd.get_prefix(lab.room.process, POLICY_KEY, lab.access).items()
    writer = etcd.Writer(lab.room.process, lab.access)
    taken = {name: [] for name in stopwatch.events}
    for i in range(count):
        began = time.monotonic()
        writer.put(key, value.replace('"ports":[80]', '"ports":[81]') if i % 2 == 0 else value)
        for name, when in stopwatch.commits().items():
            taken[name].append(1000 * (when - began))
        writer.finish()
    for name, times in taken.items():
        print(f"write sent to etcd -> {name}'s kernel holds it, {count} times: median "
              f"{statistics.median(times):.1f} ms, most {max(times):.1f} ms")


def run(args):
    check(args)
    title("The lab")
    if take_down(args.name):
        report("the lab that was here is gone")
    lab = bring_up(args)
    show_matrix(lab, "Before any policy")
    stopwatch = Stopwatch(lab)
    apply_policy(lab, stopwatch)
    time_writes(lab, stopwatch)
    show_matrix(lab, "After it")
    host = next(iter(lab.hosts.values()))
    title(f"The rules in the kernel of {host.name}: nft list table ip calico")
    print(host.run("nft", "list", "table", "ip", "calico").stdout.rstrip())
    title("Memory")
    print(kernel.memory_table(lab))
    title("What next")
    print(PAGE.format(logs=f"{lab.directory}/log"))
