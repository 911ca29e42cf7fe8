# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make bench` runs, in which order, with how much of each."""
import dataclasses
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


@dataclasses.dataclass
class Step:
    title: str
    argv: list
    seconds: int            # the most that it may take
    section: str = ""       # put before the names of its samples; "": they have it already


def script(name, *words):
    return [sys.executable, os.path.join(HERE, name), *map(str, words)]


def full_host(build, sets, members, samples, nft_samples, seconds):
    endpoints, policies, classes = 500, 100, 50
    return Step(f"one change on a full host, {sets} sets x {members}",
                script("full_host.py", build, sets, members, policies, endpoints, classes, samples,
                       nft_samples), seconds)


def cluster(build, remote, policies, samples, starts, settle, seconds):
    return Step(f"put to kernel, cold start, memory, W={remote} P={policies}",
                script("cluster.py", build, remote, policies, samples, starts, settle), seconds)


def steps(build, quick):
    def program(name, *words):
        return [f"{build}/tests/bench/bench_{name}", *map(str, words)]

    yield Step("model", program("model", 20000 if quick else 100000), 60, "model")
    yield Step("calc, W=100000 P=1000", program("calc", 100000, 1000), 60, "calc")
    yield Step("store", program("store", 20000 if quick else 100000, 500 if quick else 3000), 60,
               "store")
    yield Step("routes, 65536", script("routes.py", build, 65536), 60, "routes, 65536")
    yield Step("CNI plugins, blocks of 1000 hosts",
               script("cni.py", build, 20 if quick else 100, 48 if quick else 160, 1000), 120)
    if quick:
        yield full_host(build, 2000, 100, 50, 3, 60)
        for remote, policies in ((0, 1), (10000, 1000)):
            yield cluster(build, remote, policies, 20, 1, 1, 60)
        return
    yield full_host(build, 2000, 100, 200, 9, 120)
    yield full_host(build, 2000, 500, 100, 0, 120)
    for policies in (1, 1000):
        for remote in (0, 1000, 10000, 100000):
            yield cluster(build, remote, policies, 100, 3, 5, 150)
    yield cluster(build, 1000, 10000, 100, 3, 5, 150)
    yield cluster(build, 250000, 10000, 100, 3, 5, 200)
