# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates of a lab, made by openssl: an authority, the members, each program, each proxy."""
import os
import subprocess


class Authority:
    """`directory` holds NAME.pem and NAME.key of all that was made, ca.pem first of all."""

    def __init__(self, directory, days=30):
        self.directory, self.days = directory, days

    def path(self, name, kind="pem"):
        return f"{self.directory}/{name}.{kind}"

    def _openssl(self, name, *words):
        done = subprocess.run(["openssl", *words], capture_output=True, text=True, timeout=30)
        if done.returncode != 0:
            raise RuntimeError(f"openssl cannot make the certificate of {name}: {done.stderr}")

    def _request(self, name, out, *words):
        self._openssl(name, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-keyout", self.path(name, "key"), "-out", out, *words)
        os.chmod(self.path(name, "key"), 0o600)

    def _make(self, name, *words):
        self._request(name, self.path(name), "-x509", "-days", str(self.days), *words)

    def create(self):
        os.makedirs(self.directory, 0o700, exist_ok=True)
        self._make("ca", "-subj", "/CN=lab-ca")

    def issue_expired(self, name):
        """One that was good until yesterday."""
        request = self.path(name, "csr")
        self._request(name, request, "-subj", f"/CN={name}")
        self._openssl(name, "x509", "-req", "-in", request, "-CA", self.path("ca"), "-CAkey",
                      self.path("ca", "key"), "-days", "-1", "-out", self.path(name))

    def issue(self, name, alternatives=(), common_name=True):
        """For servers with the names and addresses that they answer at. etcd takes a common name for
        a user: its proxy refuses a certificate with one, its JSON gateway to serve who has one."""
        words = ["-CA", self.path("ca"), "-CAkey", self.path("ca", "key"),
                 "-addext", "basicConstraints=critical,CA:FALSE",
                 "-subj", f"/CN={name}" if common_name else "/O=lab"]
        if alternatives:
            words += ["-addext", "subjectAltName=" + ",".join(alternatives)]
        self._make(name, *words)
