# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the programs of a build are."""
import os

from .node import LabError

PROGRAMS = ("calico-felix", "calico-bgp", "calico-node", "calicoctl", "calico", "calico-ipam")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RELEASE = os.path.join(ROOT, "build", "release")


def build_directory(build=None):
    return os.path.abspath(build or os.environ.get("CALICO_BUILD") or RELEASE)


def directory(build=None):
    """One directory with a link to each program of a build: BUILD/bin."""
    build = build_directory(build)
    found = find(build)
    missing = [name for name in PROGRAMS if name not in found]
    if missing:
        raise LabError(f"{', '.join(missing)} not found below {build}; build with: make build")
    links = os.path.join(build, "bin")
    os.makedirs(links, exist_ok=True)
    for name, path in found.items():
        replace_link(path, os.path.join(links, name))
    return links


def find(build):
    found = {}
    for here, directories, files in os.walk(build):
        directories[:] = [d for d in directories if not d.endswith(".p") and d != "bin"]
        found.update({name: os.path.join(here, name) for name in files if name in PROGRAMS})
    return found


def replace_link(target, link):
    """In one step: another lab may be starting a program through it."""
    temporary = f"{link}.{os.getpid()}"
    os.symlink(target, temporary)
    os.replace(temporary, link)
