# SPDX-License-Identifier: GPL-2.0-or-later
"""A real container runtime calls the plugins: podman, with a root file system of busybox."""
import json
import os
import shutil

import pytest

from lab import etcd, plan, programs, wait
from lab.lab import Lab

from conftest import SANITIZERS, end_lab

NEEDED = ("podman", "crun", "busybox")
ROOT = "/run/rootfs"
CONTAINERS = """\
[network]
network_backend = "cni"
cni_plugin_dirs = ["{bin}", "/usr/lib/cni"]
network_config_dir = "/etc/cni/net.d"
[engine]
events_logger = "none"
"""
NOBODY = """\
apiVersion: projectcalico.org/v3
kind: GlobalNetworkPolicy
metadata: {name: nobody}
spec: {selector: has(projectcalico.org/orchestrator), types: [Ingress]}
"""

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, NEEDED)), reason=f"needs {', '.join(NEEDED)} on the machine")


@pytest.fixture
def host(name):
    """One with podman made ready. No control groups: those of the machine stay as they are."""
    lab = Lab.create(name, programs.directory(), env=SANITIZERS)
    try:
        host = lab.add_host()
        prepare(host)
        lab.await_ready()
    except BaseException:
        lab.down()
        raise
    yield host
    end_lab(lab)


def network(host):
    """All that the plugin needs: who cleans up after podman's containers has no environment."""
    return {"cniVersion": "1.0.0", "name": plan.PROFILE, "plugins": [{
        "type": "calico", "datastore_type": "etcdv3",
        "etcd_endpoints": host.env["ETCD_ENDPOINTS"], "log_level": "info",
        "log_file_path": "/var/log/calico/cni/podman.log",
        "ipam": {"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"}}]}


def prepare(host):
    os.makedirs(host.path("/etc/cni/net.d"), exist_ok=True)
    host.write("/etc/cni/net.d/10-calico.conflist", json.dumps(network(host)))
    host.write("/etc/calico/containers.conf", CONTAINERS.format(bin=host.lab.facts["bin"]))
    host.run("mount", "-t", "cgroup2", "none", "/sys/fs/cgroup")  # crun wants to see one
    host.run("sh", "-c", f"mkdir -p {ROOT}/bin {ROOT}/proc {ROOT}/sys {ROOT}/dev {ROOT}/etc; "
             f"busybox --list | while read -r word; do ln -s busybox {ROOT}/bin/$word; done; "
             f"cp --remove-destination $(command -v busybox) {ROOT}/bin/busybox")


def podman(host, *words, check=True):
    return host.run("podman", "--root", "/run/podman/root", "--runroot", "/run/podman/run",
                    "--storage-driver", "vfs", "--runtime", "crun", *words, check=check,
                    timeout=60, CONTAINERS_CONF="/etc/calico/containers.conf")


def start(host, name, *command):
    podman(host, "run", "--detach", "--name", name, "--cgroups", "disabled",
           "--log-driver", "none", "--network", plan.PROFILE, "--rootfs", ROOT, *command)


def inside(host, name, *command, check=True):
    return podman(host, "exec", name, *command, check=check)


def addresses(host, name):
    out = inside(host, name, "ip", "-o", "addr", "show", "dev", "eth0").stdout.split()
    found = [out[i + 1].split("/")[0] for i, word in enumerate(out) if word in ("inet", "inet6")]
    return [a for a in found if not a.startswith("fe80")]


def reaches(host, name, address):
    done = inside(host, name, "ping", "-c", "1", "-w", "2", address, check=False)
    return done.returncode == 0


def test_containers_come_talk_and_go(host):
    for name in ("server", "client"):
        start(host, name, "sleep", "300")
    targets = addresses(host, "server")
    assert [":" in address for address in targets] == [False, True]
    for address in targets:
        assert reaches(host, "client", address)
    host.calicoctl("apply", "-f", "-", input=NOBODY)
    for address in targets:
        wait.until(f"{address} to be closed", lambda: not reaches(host, "client", address), 20)
    podman(host, "rm", "--force", "--time", "0", "server", "client")
    wait.until("every address to be given back", lambda: not etcd.get_prefix(
        host.lab.room.process, "/calico/ipam/v2/handle/"))
    assert "cali" not in host.run("ip", "-br", "link").stdout
    assert "eth0" not in host.calicoctl("get", "workloadendpoints").stdout
