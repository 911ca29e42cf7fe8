# SPDX-License-Identifier: GPL-2.0-or-later
"""The core of a lab: etcd's members, each in a network of its own on the segment, and how programs
get to them: the endpoints, with TLS the certificates, with users the passwords."""
import dataclasses
import os
import secrets
import shutil
import signal
import subprocess

from . import etcd, namespaces, plan, wait
from .pki import Authority
from .roles import GRANTS, PROGRAMS

ON_HOST = "/etc/calico/etcd"     # certificates and keys of the programs of a host
PROXY = "127.0.0.1:2379"


@dataclasses.dataclass(frozen=True)
class Options:
    """What `calico-lab up` asks for. Tests that do not care get the quickest."""
    members: int = 1
    proxy: bool = False
    tls: bool = False
    auth: bool = False


class Core:
    """facts: what Options has, holders (a process that keeps the network of each member) and
    passwords; they are kept with those of the lab."""

    def __init__(self, room, facts):
        self.room, self.facts = room, facts
        self.options = Options(**{f.name: facts[f.name] for f in dataclasses.fields(Options)})
        self.authority = Authority(f"{room.directory}/pki")
        self.scheme = "https" if self.options.tls else "http"
        self.members = range(1, self.options.members + 1)

    @staticmethod
    def new_facts(options):
        users = (*PROGRAMS, "root") if options.auth else ()
        return {**dataclasses.asdict(options), "holders": [],
                "passwords": {user: secrets.token_urlsafe(15) for user in users}}

    # -- the members

    def start(self):
        if self.options.tls:
            self.authority.create()
            for program in PROGRAMS:
                self.authority.issue(program)
            self.authority.issue("lab", common_name=False)
        for member in self.members:
            self.connect_member(member)
        self.start_members()
        if self.options.auth:
            self.make_users()

    def connect_member(self, member):
        """Its network, which outlives it."""
        name = f"core{member}"
        holder = self.room.start(name, ["unshare", "--net", "sleep", "infinity"])
        self.facts["holders"].append(holder)
        process = self.process(member)
        here = os.readlink(f"{self.room.process}/ns/net")
        wait.until(f"the network of {name}",
                   lambda: os.readlink(f"{process}/ns/net") != here)
        namespaces.set_sysctls(process, {"net/ipv6/conf/default/accept_dad": 0,
                                         "net/ipv6/conf/default/accept_ra": 0})
        self.room.ip(f"link add {name} type veth peer name eth0 netns {process}/ns/net",
                     f"link set {name} master segment up")
        namespaces.ip_batch(process, ["link set lo up", "link set eth0 up", *(
            f"addr add {plan.member_address(member, f)}/{plan.SEGMENT_LENGTH[f]} dev eth0"
            for f in (4, 6))])
        if self.options.tls:
            self.authority.issue(f"etcd{member}", [
                *(f"IP:{plan.member_address(member, f)}" for f in (4, 6)), f"DNS:etcd{member}"])

    def process(self, member):
        return f"{self.room.process}/root/proc/{self.facts['holders'][member - 1]}"

    def url(self, member, family=4, port=2379):
        address = plan.member_address(member, family)
        return f"{self.scheme}://{f'[{address}]' if family == 6 else address}:{port}"

    def command(self, member):
        cluster = ",".join(f"etcd{m}={self.url(m, port=2380)}" for m in self.members)
        words = ["nsenter", f"--net=/proc/{self.facts['holders'][member - 1]}/ns/net", "--",
                 "etcd", "--name", f"etcd{member}",
                 "--data-dir", f"{self.room.directory}/etcd/{member}",
                 "--listen-client-urls", f"{self.url(member)},{self.url(member, 6)}",
                 "--advertise-client-urls", self.url(member),
                 "--listen-peer-urls", self.url(member, port=2380),
                 "--initial-advertise-peer-urls", self.url(member, port=2380),
                 "--initial-cluster", cluster, "--logger", "zap", "--log-level", "warn"]
        if self.options.tls:
            for prefix in ("", "peer-"):
                words += [f"--{prefix}cert-file", self.authority.path(f"etcd{member}"),
                          f"--{prefix}key-file", self.authority.path(f"etcd{member}", "key"),
                          f"--{prefix}trusted-ca-file", self.authority.path("ca"),
                          f"--{prefix}client-cert-auth"]
        return words

    def start_member(self, member):
        self.room.start(f"etcd{member}", self.command(member))

    def start_members(self):
        """Those that do not run; all of them answer afterwards."""
        services = self.room.services()
        for member in self.members:
            if not services.get(f"etcd{member}", {}).get("pid"):
                self.start_member(member)
        for member in self.members:
            wait.until(f"etcd{member} to answer (see {self.room.log_directory}/etcd{member}.log)",
                       lambda: etcd.healthy(self.room.process, self.access(member)), seconds=30)

    def kill_member(self, member):
        self.room.signal(f"etcd{member}", signal.SIGKILL)
        wait.until(f"etcd{member} to end",
                   lambda: not self.room.services()[f"etcd{member}"]["pid"])

    def stop_members(self):
        for member in self.members:
            self.room.stop(f"etcd{member}")

    def cut_member(self, member, who="all"):
        """Nothing reaches it and nothing comes from it, of the other `members` or of `all`."""
        if who == "all":
            self.room.ip(f"link set core{member} down")
        else:
            self.nft(member, "".join(
                f"table inet cut {{ chain {hook} {{ type filter hook {hook} priority 0;\n"
                "tcp dport 2380 drop\ntcp sport 2380 drop\n}\n}\n"
                for hook in ("input", "output")))

    def heal_member(self, member):
        self.room.ip(f"link set core{member} up")
        self.nft(member, "table inet cut\ndelete table inet cut\n")

    def nft(self, member, rules):
        subprocess.run(namespaces.enter(self.process(member), ["net"]) + ["nft", "-f", "-"],
                       input=rules, text=True, check=True, timeout=30)

    # -- how to get there

    def access(self, *members):
        """Of the lab itself, to these members or all: everything is allowed."""
        tls = None
        if self.options.tls:
            tls = tuple(self.authority.path(*file) for file in
                        (("ca",), ("lab",), ("lab", "key")))
        password = self.facts["passwords"].get("root") if self.facts.get("users") else None
        return etcd.Access([plan.member_address(m, 4) for m in members or self.members], tls,
                           password)

    def endpoints(self):
        """For programs on a host. The proxy is for those who are nobody in particular: it loses
        whose request it is, so with users there is none."""
        urls = [self.url(member) for member in self.members]
        return ",".join([f"{self.scheme}://{PROXY}"] * self.has_proxy + urls)

    @property
    def has_proxy(self):
        return self.options.proxy and not self.options.auth

    def settings(self, program):
        """{name as in a CalicoAPIConfig: value} for a program on a host."""
        settings = {"etcdEndpoints": self.endpoints()}
        if self.options.tls:
            settings |= {"etcdCACertFile": f"{ON_HOST}/ca.pem",
                         "etcdCertFile": f"{ON_HOST}/{program}.pem",
                         "etcdKeyFile": f"{ON_HOST}/{program}.key"}
        if self.options.auth:
            settings |= {"etcdUsername": program,
                         "etcdPassword": self.facts["passwords"][program]}
        return settings

    def env(self, program):
        names = {"etcdEndpoints": "ETCD_ENDPOINTS", "etcdCACertFile": "ETCD_CA_CERT_FILE",
                 "etcdCertFile": "ETCD_CERT_FILE", "etcdKeyFile": "ETCD_KEY_FILE",
                 "etcdUsername": "ETCD_USERNAME", "etcdPassword": "ETCD_PASSWORD"}
        return {"DATASTORE_TYPE": "etcdv3",
                **{names[name]: value for name, value in self.settings(program).items()}}

    def equip(self, host):
        """Puts the certificates of its programs and of its proxy on a host."""
        if not self.options.tls:
            return
        os.makedirs(host.path(ON_HOST), 0o700, exist_ok=True)
        names = list(PROGRAMS)
        if self.has_proxy:
            proxy = f"proxy-{host.name}"
            self.authority.issue(proxy, ["IP:127.0.0.1", "IP:::1", "DNS:localhost"],
                                 common_name=False)
            names.append(proxy)
        shutil.copy(self.authority.path("ca"), host.path(f"{ON_HOST}/ca.pem"))
        for name in names:
            for kind in ("pem", "key"):
                shutil.copy(self.authority.path(name, kind), host.path(f"{ON_HOST}/{name}.{kind}"))

    def start_proxy(self, host):
        if not self.has_proxy:
            return
        words = ["etcd", "grpc-proxy", "start", "--endpoints",
                 ",".join(self.url(member) for member in self.members), "--listen-addr", PROXY]
        if self.options.tls:
            mine = f"{ON_HOST}/proxy-{host.name}"
            words += ["--cacert", f"{ON_HOST}/ca.pem", "--cert", f"{mine}.pem",
                      "--key", f"{mine}.key", "--trusted-ca-file", f"{ON_HOST}/ca.pem",
                      "--cert-file", f"{mine}.pem", "--key-file", f"{mine}.key"]
        host.start("etcd-proxy", words, keep=True)
        address, port = PROXY.split(":")
        wait.until(f"etcd's proxy on {host.name} to listen",
                   lambda: etcd.listens(host.process, address, int(port)))

    # -- users

    def make_users(self):
        admin = etcd.Admin(self.room.process, self.access())
        for user, password in self.facts["passwords"].items():
            admin.call("user/add", name=user, password=password)
            admin.call("role/add", name=user)
            for program, right, prefix in GRANTS:
                if program == user:
                    admin.grant(user, right, prefix)
            admin.call("user/grant", user=user, role=user)
        admin.call("enable")
        self.facts["users"] = True
