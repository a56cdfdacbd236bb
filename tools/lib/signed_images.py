# SPDX-License-Identifier: GPL-2.0
"""Signed domain images for a guest: with the key of its kernel's build, and with a foreign one."""
import re

import proc
import repo
from ui import Problem

PLACE = "/lib/domain/signed"


def make(build, names, folder):
    """Signs images of a build into a folder. Returns guest path -> host path: for each
    name PLACE/NAME.domain, and PLACE/NAME.foreign.domain by a key that the kernel lacks."""
    certs = build.out / "certs"
    m = re.search(r'^CONFIG_MODULE_SIG_HASH="(\w+)"$', (build.out / ".config").read_text(), re.M)
    if not m or not (certs / "signing_key.pem").is_file():
        raise Problem(f"{build.name} has no key for modules, which images are signed with; "
                      "its configuration lacks the fragment signature")
    key, cert = folder / "foreign.pem", folder / "foreign.x509"
    _run(["openssl", "req", "-new", "-x509", "-batch", "-nodes", "-utf8", "-sha256", "-newkey", "rsa:2048",
          "-days", "36500", "-subj", "/CN=nobody the kernel knows", "-outform", "DER", "-out", cert,
          "-keyout", key], "openssl req")
    images = {path.stem: path for path in build.domains}
    out = {}
    for name in names:
        if name not in images:
            raise Problem(f"{build.name} has no image {name}.domain")
        for suffix, pair in (("", (certs / "signing_key.pem", certs / "signing_key.x509")), (".foreign", (key, cert))):
            path = folder / f"{name}{suffix}.domain"
            _run([repo.kernel_tree() / "tools/domain/domain-sign", m[1], *pair, images[name], path], "domain-sign",
                 SIGN_FILE=str(build.out / "scripts/sign-file"))
            out[f"{PLACE}/{path.name}"] = path
    return out


def _run(cmd, what, **env):
    try:
        proc.run(cmd, timeout=60, env=env, what=what)
    except proc.Failed as e:
        raise Problem(f"{e}: {e.tail.strip()}") from None
