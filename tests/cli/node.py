#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`calicoctl node status` against a real BIRD 2, `node problems` against Felix's socket protocol.

    node.py CALICOCTL

Runs in mount, network and PID namespaces of its own.
"""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time

from vectors import conclude

RUN = pathlib.Path("/run/calico")

BIRD = """
router id 10.9.0.1;
timeformat protocol "%FT%T";
protocol device {}
protocol bgp 'Mesh_10_9_0_2' {
  local 10.9.0.1 as 64512; neighbor 10.9.0.2 as 64512; ipv4 { import all; export none; };
}
protocol bgp 'Global_10_9_0_2_port_1790' {
  local 10.9.0.1 as 64512; neighbor 10.9.0.2 port 1790 as 64513; ipv4 { import all; export none; };
}
protocol bgp 'Node_fd09__2' {
  local fd09::1 as 64512; neighbor fd09::2 as 64512; ipv6 { import all; export none; };
}
"""

PROBLEMS = {"problems": [
    {"source": "calc", "subject": "NetworkPolicy(shop/web)", "reason": "services are not matched"},
    {"source": "config", "subject": "FelixConfiguration parameter BPFEnabled", "reason": "none"}]}

program = os.path.abspath(sys.argv[1])
checks, failures = [], []


def call(*args):
    done = subprocess.run([program] + list(args), capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout, done.stderr


def expect(what, got, want):
    checks.append(what)
    if got != want:
        failures.append(what)
        print(f"FAILED {what}\n  got  {got!r}\n  want {want!r}")


def pattern(what, got, want):
    checks.append(what)
    if not re.fullmatch(want, got):
        failures.append(what)
        print(f"FAILED {what}\n  got:\n{got}\n  want:\n{want}")


# ---- status


def row(address, kind):
    cells = [re.escape(address), re.escape(kind), r"start|up|down", r"[-0-9T:]+", r".*"]
    return r"\| " + r" +\| ".join(f"(?:{c})" for c in cells) + r" *\|\n"


def rule():
    return r"(?:\+-+){5}\+\n"


def table(*rows):
    head = r"\| PEER ADDRESS +\| PEER TYPE +\| STATE +\| SINCE +\| INFO +\|\n"
    return rule() + head + rule() + "".join(rows) + rule()


def until(what, condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"waited {seconds} s for {what}")
        time.sleep(0.02)


def test_status():
    expect("status without Felix", call("node", "status"),
           (1, "", "Calico process is not running.\n"))
    felix = subprocess.Popen(["calico-felix", "60"], executable="/bin/sleep")
    expect("status without BIRD", call("node", "status"),
           (0, "Calico process is running.\n\nThe BGP backend process (BIRD) is not running.\n\n", ""))

    config = RUN / "bird.cfg"
    config.write_text(BIRD)
    for address in ("10.9.0.1/24", "fd09::1/64"):
        subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
    bird = subprocess.Popen(["bird", "-f", "-c", str(config), "-s", str(RUN / "bird.ctl")])
    until("BIRD's socket", (RUN / "bird.ctl").exists)
    code, out, err = call("node", "status")
    expect("status with BIRD", (code, err), (0, ""))
    pattern("the tables", out,
            r"Calico process is running\.\n\nIPv4 BGP status\n"
            + table(row("10.9.0.2", "node-to-node mesh"), row("10.9.0.2", "global"))
            + r"\nIPv6 BGP status\n" + table(row("fd09::2", "node specific")) + r"\n")
    (RUN / "bird.ctl").unlink()
    code, out, err = call("node", "status")
    expect("status without the socket", code, 0)
    pattern("its text", out,
            r"Calico process is running\.\n\nIPv4 BGP status\n"
            r"Error querying BIRD: unable to connect to BIRDv4 socket: [^\n]+\n"
            r"IPv6 BGP status\nError querying BIRD: unable to connect to BIRDv6 socket: [^\n]+\n")
    for process in (bird, felix):
        process.terminate()
        process.wait()


# ---- problems


def serve(reply):
    """Answers one connection as Felix does; returns the request."""
    path = RUN / "felix.sock"
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(path))
    server.listen(1)
    requests = []

    def one():
        connection, _ = server.accept()
        requests.append(connection.recv(4096))
        connection.sendall(reply)
        connection.close()
        server.close()
    thread = threading.Thread(target=one)
    thread.start()
    return thread, requests


def ask(reply, *args):
    thread, requests = serve(reply)
    answer = call("node", "problems", *args)
    thread.join()
    expect("the request", requests, [b"problems\n"])
    return answer


def test_problems():
    code, out, err = call("node", "problems")
    expect("without a socket", (code, out), (1, ""))
    pattern("says so", err, r"cannot ask Felix over \S+: Felix does not run on this host\n")
    text = json.dumps(PROBLEMS).encode() + b"\n"
    expect("a table", ask(text), (0,
           "SOURCE   SUBJECT                                   REASON                     \n"
           "calc     NetworkPolicy(shop/web)                   services are not matched   \n"
           "config   FelixConfiguration parameter BPFEnabled   none                       \n\n", ""))
    code, out, err = ask(text, "-o", "json")
    expect("JSON", (code, json.loads(out), err), (0, PROBLEMS, ""))
    expect("no line end", ask(json.dumps(PROBLEMS).encode())[0], 0)
    expect("none", ask(b'{"problems":[]}\n'), (0, "No problems found.\n", ""))
    for bad in (b"", b"oops\n", b'{"problems":5}\n'):
        expect(f"{bad} is refused", ask(bad), (1, "", "Felix gave an answer that makes no sense\n"))
    expect("forms", call("node", "problems", "-o", "xml"),
           (1, "", "unrecognized output format 'xml'\n"))


def main():
    if not os.environ.get("NODE_TEST_INSIDE"):
        os.environ["NODE_TEST_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child",
                              "--mount-proc", sys.executable] + sys.argv)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    RUN.mkdir()
    test_status()
    test_problems()
    conclude(len(checks) - len(failures), len(failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
