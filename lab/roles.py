# SPDX-License-Identifier: GPL-2.0-or-later
"""The least that each program must be allowed in etcd, as packaging/etcd/roles.conf has it."""
import os

RESOURCES = "/calico/resources/v3/projectcalico.org/"
FILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                    "packaging", "etcd", "roles.conf")


def _read():
    """[(program, read or readwrite, prefix), ...]"""
    with open(FILE, encoding="ascii") as f:
        return [tuple(line.split()) for line in f if not line.startswith("#")]


GRANTS = _read()
PROGRAMS = tuple(dict.fromkeys(program for program, _, _ in GRANTS))
