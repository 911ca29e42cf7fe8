# SPDX-License-Identifier: GPL-2.0-or-later
"""What orchestrators ask a node: `calico-node --felix-ready` and its like, calico-bgp's health."""
import http.client
import socket

import pytest

from lab import namespaces, wait
from stage import ALLOW, profile

CAST = {"one": (1, {"profiles": ["open"]}), "two": (2, {"profiles": ["open"]})}
CHECKS = ["--bird-ready", "--bird6-ready", "--bird-live", "--felix-ready", "--felix-live"]
PORT = 9198


@pytest.fixture(scope="module")
def stage(make_stage):
    return make_stage(CAST, profiles=[profile("open", [ALLOW], [ALLOW])],
                      env={"CALICO_BGP_HEALTHPORT": str(PORT)})


def ask(host, *checks):
    """(exit status, what it printed)"""
    done = host.run("calico-node", *checks, check=False)
    return done.returncode, done.stdout.strip()


def becomes(host, checks, text):
    """Until the checks say so: "" means that all is well."""
    wait.until(f"{checks} to say '{text}'",
               lambda: ask(host, *checks) == (0, "") if not text else
               text in ask(host, *checks)[1], seconds=20)


def bgp(host, path):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=2)
    with namespaces.network_of(host.process):
        connection.sock = socket.create_connection(("127.0.0.1", PORT), timeout=2)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_all_is_well(stage):
    becomes(stage.hosts[0], CHECKS, "")
    becomes(stage.hosts[0], ["component", "node", "health", *CHECKS], "")
    becomes(stage.hosts[0], [check[1:] for check in CHECKS], "")


def test_calico_bgp_tells_of_itself(stage):
    host = stage.hosts[0]
    wait.until("readiness", lambda: bgp(host, "/readiness")[0] == 200)
    assert bgp(host, "/liveness")[0] == 200
    wait.until("sessions", lambda: 'bgp_peers{status="Established"} 2' in bgp(host, "/metrics")[1],
               seconds=20)


def test_each_part_flips_its_check(stage):
    host = stage.hosts[1]
    host.stop("felix")
    becomes(host, CHECKS, "calico/node is not ready: felix is not ready: ")
    becomes(host, ["--felix-live"], "calico/node is not ready: Felix is not live: ")
    becomes(host, ["--bird-ready"], "")
    host.start_felix()
    becomes(host, CHECKS, "")
    host.stop("bgp")
    becomes(host, ["--bird-live"], "bird/confd is not live: ")
    becomes(host, ["--bird-ready"], "")
    host.start("bgp", ["calico-bgp"], keep=True)
    becomes(host, CHECKS, "")
    host.stop("bird")
    becomes(host, ["--bird-ready"], "BIRD is not ready: error querying BIRD: unable to connect")
    becomes(host, ["--bird-live"], "bird is not live: ")
    becomes(stage.hosts[0], ["--bird-ready", "--threshold-time=0s"],
            "BIRD is not ready: BGP not established with "
            + stage.hosts[1].addresses[4])
