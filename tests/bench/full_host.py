# SPDX-License-Identifier: GPL-2.0-or-later
"""One change on a full host: ours, the bare transactions, and `nft -f`.

Usage: full_host.py BUILD SETS MEMBERS POLICIES ENDPOINTS CLASSES SAMPLES NFT_SAMPLES
Runs in namespaces of its own; each of the three has a network namespace to itself. `nft -f` is left
out with 0 samples.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
FLOOR_ROUNDS = 3         # of the bare transactions, each from an empty ruleset


def call(*argv):
    """What it prints, from a fresh network namespace."""
    done = subprocess.run(["unshare", "--net", *argv], stdout=subprocess.PIPE, text=True,
                          check=True)
    return done.stdout


def main():
    build, size, (samples, nft_samples) = sys.argv[1], sys.argv[2:7], sys.argv[7:9]
    apply, replay = (f"{build}/tests/bench/bench_{name}" for name in ("apply", "replay"))
    section = f"full host, {int(size[0]):,} sets x {size[1]}, {size[3]} endpoints, " \
              f"{size[2]} policies, {size[4]} classes"

    def report(text):
        sys.stdout.write("".join(f"{section}: {line}\n" for line in text.splitlines()))
        sys.stdout.flush()

    subprocess.run(["mount", "-t", "tmpfs", "bench", "/run"], check=True)
    report(call(apply, *size, samples))
    call(apply, *size, samples, "/run/record")
    for _ in range(FLOOR_ROUNDS):
        report(call(replay, "/run/record", "0", str(1 << 31)))
    os.unlink("/run/record")
    if int(nft_samples):
        call(apply, *size, "1", "/run/record")
        report(call(sys.executable, f"{HERE}/nft_file.py", replay, "/run/record", nft_samples))


main()
