# SPDX-License-Identifier: GPL-2.0-or-later
"""etcd with TLS, client certificates and a user for each program that may do just what it needs."""
import glob
import json
import os
import re

import pytest

from lab import etcd, programs, wait
from lab.core import ON_HOST, Options
from lab.roles import PROGRAMS, RESOURCES
from stage import ALLOW, gnp, profile, rule

OPEN = profile("open", [ALLOW], [ALLOW])
CAST = {"client": (1, {"profiles": ["open"]}), "server": (1, {"profiles": ["open"]})}
LOUD = {"FELIX_LOGSEVERITYSCREEN": "Debug"}


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=[OPEN], hosts=1, env=LOUD,
                      core=Options(tls=True, auth=True))


@pytest.fixture
def host(stage):
    return stage.hosts[0]


def test_programs_work_with_their_rights(stage, host):
    stage.apply(gnp("only-80", "app == 'server'", ingress=[
        rule("Allow", protocol="TCP", destination={"ports": [80]})]))
    stage.check({stage.probe("client", "server"): True,
                 stage.probe("client", "server", port=81): False})
    status = etcd.get_prefix(stage.lab.room.process, "/calico/felix/v2/", stage.lab.access)
    assert any("workload" in key for key in status), "Felix writes what it reports"
    for service in ("felix", "bgp", "bird"):
        assert "permission denied" not in host.log(service)


def etcdctl(stage, host, program, *words):
    core = stage.lab.core
    done = host.run("etcdctl", "--endpoints", core.url(1), "--cacert", f"{ON_HOST}/ca.pem",
                    "--cert", f"{ON_HOST}/{program}.pem", "--key", f"{ON_HOST}/{program}.key",
                    *words, check=False, ETCDCTL_API="3",
                    ETCDCTL_USER=f"{program}:{core.facts['passwords'][program]}")
    return done.stdout + done.stderr


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p != "calicoctl"])
def test_no_program_may_change_policy(stage, host, program):
    for key in (RESOURCES + "globalnetworkpolicies/evil", "/calico/other", "/elsewhere"):
        assert "permission denied" in etcdctl(stage, host, program, "put", key, "{}")


def test_no_program_may_look_outside(stage, host):
    for program in PROGRAMS:
        assert "permission denied" in etcdctl(stage, host, program, "get", "/", "--prefix")


def test_the_plugins_work_with_their_rights(stage, host):
    """ADD and DEL as a container runtime calls them."""
    plugins = os.path.join(programs.build_directory(), "src/cni")
    config = {"cniVersion": "1.0.0", "name": "secure", "type": "calico", "ipam":
              {"type": "calico-ipam", "assign_ipv4": "true", "assign_ipv6": "true"}}
    box = host.start("box", ["unshare", "--net", "sleep", "infinity"])

    def call(verb):
        return host.run(os.path.join(plugins, "calico"), input=json.dumps(config), **{
            **stage.lab.program_env("cni"), "CNI_COMMAND": verb, "CNI_CONTAINERID": "box",
            "CNI_NETNS": f"/proc/{box}/ns/net", "CNI_IFNAME": "eth0", "CNI_PATH": plugins}).stdout

    try:
        assert len(json.loads(call("ADD"))["ips"]) == 2
        assert "box" in host.calicoctl("get", "wep", "-A").stdout
        call("DEL")
        assert "box" not in host.calicoctl("get", "wep", "-A").stdout
    finally:
        host.stop("box")


# -- refused, in words

class Restarted:
    """Felix with other settings for the length of a block; what it logs meanwhile."""

    def __init__(self, host, **env):
        self.host, self.env = host, env

    def __enter__(self):
        self.host.stop("felix")
        self.begin = len(self.host.log("felix"))
        self.host.start("felix", ["calico-felix"], keep=True,
                        **{**self.host.lab.felix_env(self.host.name), **self.env})
        return self

    def text(self):
        return self.host.log("felix")[self.begin:]

    def await_text(self, pattern):
        wait.until(f"Felix to log: {pattern}", lambda: re.search(pattern, self.text()), 40)

    def __exit__(self, *_):
        self.host.stop("felix")
        self.host.start_felix()
        wait.until("Felix to be ready", self.host.felix_ready, 20)


def test_another_authority(stage, host):
    with Restarted(host, ETCD_CA_CERT_FILE=f"{ON_HOST}/felix.pem") as felix:
        felix.await_text("the server's certificate is refused: its authority 'lab-ca' is not one "
                         "that is trusted here")


def calicoctl_with(stage, host, **settings):
    """What calicoctl says with other settings; it waits for etcd as long as it is let."""
    spec = {"datastoreType": "etcdv3", **stage.lab.core.settings("calicoctl"), **settings}
    host.write("/etc/calico/other.cfg", json.dumps({
        "apiVersion": "projectcalico.org/v3", "kind": "CalicoAPIConfig", "metadata": {},
        "spec": spec}))
    return host.run("timeout", "12", "calicoctl", "get", "nodes", "--config",
                    "/etc/calico/other.cfg", check=False)


def test_calicoctl_says_what_it_waits_for(stage, host):
    done = calicoctl_with(stage, host, etcdCACertFile=f"{ON_HOST}/felix.pem")
    assert done.returncode == 124
    assert re.match("Waiting for the datastore: 172.18.0.2:2379: TLS: the server's certificate is "
                    "refused: its authority 'lab-ca' is not one that is trusted here\n$",
                    done.stderr)


def test_another_host_name(stage, host):
    with open(host.path("/etc/hosts"), "a", encoding="utf-8") as f:
        f.write("172.18.0.2 elsewhere.example\n")
    with Restarted(host, ETCD_ENDPOINTS="https://elsewhere.example:2379") as felix:
        felix.await_text("the server's certificate is refused: it is not for 'elsewhere.example' "
                         "but for 172.18.0.2, fd00:18::2, etcd1")


def test_an_expired_certificate_and_its_renewal(stage, host):
    """The new files are found without a restart."""
    authority = stage.lab.core.authority
    fresh = [open(authority.path("felix", kind), encoding="ascii").read()
             for kind in ("pem", "key")]
    authority.issue_expired("felix-expired")
    for kind in ("pem", "key"):
        with open(authority.path("felix-expired", kind), encoding="ascii") as f:
            host.write(f"{ON_HOST}/renewed.{kind}", f.read())
    with Restarted(host, ETCD_CERT_FILE=f"{ON_HOST}/renewed.pem",
                   ETCD_KEY_FILE=f"{ON_HOST}/renewed.key") as felix:
        felix.await_text(r"the server refuses our client certificate: it expired at \d")
        for kind, text in zip(("pem", "key"), fresh):
            host.write(f"{ON_HOST}/renewed.{kind}", text)
        wait.until("Felix to be ready", host.felix_ready, 40)


def test_a_wrong_password(stage, host):
    with Restarted(host, ETCD_PASSWORD="not-the-password") as felix:
        felix.await_text("authentication failed, invalid user ID or password")
    done = calicoctl_with(stage, host, etcdPassword="not-the-password")
    assert done.returncode == 1
    assert "connection is unauthorized: etcdserver: authentication failed, invalid user ID or " \
           "password" in done.stdout + done.stderr
    assert "not-the-password" not in done.stdout + done.stderr


def test_a_revoked_role(stage, host):
    admin = etcd.Admin(stage.lab.room.process, stage.lab.core.access())
    admin.call("user/revoke", name="felix", role="felix")
    try:
        with Restarted(host) as felix:
            felix.await_text("permission denied")
            admin.call("user/grant", user="felix", role="felix")
            wait.until("Felix to be ready", host.felix_ready, 40)
    finally:
        granted = admin.call("user/get", name="felix").get("roles", [])
        if "felix" not in granted:
            admin.call("user/grant", user="felix", role="felix")


def test_a_token_is_gone_with_its_member(stage, host):
    """Simple tokens live in the member's memory; the watch goes on with another one."""
    core = stage.lab.core
    core.kill_member(1)
    core.start_members()
    stage.fence()
    assert host.services()["felix"]["pid"]


def test_no_secret_is_in_any_log(stage, host):
    """Last, with Felix at its most talkative and after all that was refused."""
    core = stage.lab.core
    secrets = {**core.facts["passwords"], "wrong": "not-the-password"}
    paths = [path for path in glob.glob(f"{stage.lab.directory}/log/**", recursive=True)
             if path.endswith(".log")]
    assert any(path.endswith("felix.log") for path in paths)
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as f:
            text = f.read()
        assert "PRIVATE KEY" not in text, path
        for user, secret in secrets.items():
            assert secret not in text, f"the password of {user} is in {path}"
