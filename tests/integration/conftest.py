# SPDX-License-Identifier: GPL-2.0-or-later
"""Fixtures of the integration tests: labs named after the test that uses them."""
import glob
import hashlib
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

sys.path.insert(1, os.path.dirname(os.path.abspath(__file__)))

from lab import lab as labs, programs  # noqa: E402
from stage import Stage  # noqa: E402

# Reports of the sanitizers become files, which end_lab() looks for.
SANITIZERS = {
    "ASAN_OPTIONS": "log_path=/var/log/calico/sanitizer:detect_leaks=1",
    "UBSAN_OPTIONS": "log_path=/var/log/calico/sanitizer:print_stacktrace=1:halt_on_error=1",
}


def pytest_addoption(parser):
    parser.addoption("--not-yet", action="store_true", help="run what is marked not_yet as well")


def pytest_configure(config):
    config.addinivalue_line("markers", "not_yet(reason): the programs under test cannot do it yet")


def pytest_collection_modifyitems(config, items):
    for item in items:
        mark = item.get_closest_marker("not_yet")
        if mark and not config.getoption("--not-yet"):
            item.add_marker(pytest.mark.skip(reason=f"not yet: {mark.args[0]}"))


def lab_name(node_name):
    """Fit for a lab, and never that of another test or of another copy of this tree."""
    short = re.sub(r"[^a-z0-9]+", "-", node_name.lower().removesuffix(".py")).strip("-")[:24]
    return f"t-{short}-{hashlib.sha1((__file__ + node_name).encode()).hexdigest()[:6]}"


def end_lab(lab):
    """Down, after every Felix had its chance to report leaks; fails on what sanitizers wrote."""
    for host in lab.hosts.values():
        for service in ("felix", "bgp"):
            if service in host.services():
                host.stop(service)
    found = glob.glob(f"{lab.directory}/log/*/sanitizer.*")
    reports = "\n".join(open(path, encoding="utf-8", errors="replace").read() for path in found)
    lab.down()
    assert not reports, reports


@pytest.fixture
def name(request):
    """The name of this test's own lab; whatever it leaves is taken down."""
    name = lab_name(request.node.nodeid)
    labs.take_down(name)
    yield name
    labs.take_down(name)


@pytest.fixture(scope="module")
def make_stage(request):
    """make_stage(cast, ...) -> the module's Stage; ends with the module."""
    name = lab_name(request.node.name)
    labs.take_down(name)
    stages = []

    def make(cast, env=None, **arguments):
        stages.append(Stage(name, programs.directory(), cast, env={**SANITIZERS, **(env or {})},
                            **arguments))
        return stages[-1]

    yield make
    for stage in stages:
        end_lab(stage.lab)


@pytest.fixture(autouse=True)
def clear_stage(request):
    """No policy of one test is there in the next."""
    yield
    if "stage" in request.fixturenames:
        request.getfixturevalue("stage").clear()
