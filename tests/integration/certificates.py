"""Certificates for one test file, made by openssl: one authority, and what it signed."""

import subprocess

from support import LIMIT_S


class Authority:
    """NAME.pem and NAME.key in a folder of its own; its certificate is `ca`."""

    def __init__(self, folder):
        self.folder = folder
        self.ca, self.ca_key = folder / "ca.pem", folder / "ca.key"
        openssl("req", "-x509", *NEW_KEY, "-keyout", self.ca_key, "-out", self.ca,
                "-days", 2, "-subj", "/CN=Test authority")

    def signed(self, name, host="localhost", days=2):
        """A certificate for a host. @return options of flowmock"""
        key, wanted, names, cert = self._paths(name, "key", "csr", "ext", "pem")
        openssl("req", *NEW_KEY, "-keyout", key, "-out", wanted, "-subj", f"/CN={name}")
        names.write_text(f"subjectAltName=DNS:{host}\n")
        openssl("x509", "-req", "-in", wanted, "-CA", self.ca, "-CAkey", self.ca_key,
                "-CAcreateserial", "-days", days, "-extfile", names, "-out", cert)
        return self.options(name)

    def self_signed(self, name):
        key, cert = self._paths(name, "key", "pem")
        openssl("req", "-x509", *NEW_KEY, "-keyout", key, "-out", cert, "-days", 2,
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
        return self.options(name)

    def options(self, name):
        key, cert = self._paths(name, "key", "pem")
        return ["--tls-cert", cert, "--tls-key", key]

    def _paths(self, name, *kinds):
        return [self.folder / f"{name}.{kind}" for kind in kinds]


# RSA, since TLS 1.1 is to work with it too.
NEW_KEY = ("-newkey", "rsa:2048", "-nodes")


def openssl(*args):
    done = subprocess.run(["/usr/bin/openssl", *map(str, args)], capture_output=True,
                          text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stderr
