# SPDX-License-Identifier: GPL-2.0-or-later
"""Many routes of one endpoint: ours and bare, each in a network namespace to itself.

Usage: routes.py BUILD ROUTES
"""
import subprocess
import sys

LINK = "link add caliloc0 type veth peer name peer\nlink set peer up\nlink set caliloc0 up\n"


def main():
    build, routes = sys.argv[1:]
    for who in ("floor", "ours"):
        subprocess.run(["unshare", "--net", "sh", "-c", 'printf %s "$0" | ip -batch - && exec "$@"',
                        LINK, f"{build}/tests/bench/bench_routes", who, routes], check=True)


main()
