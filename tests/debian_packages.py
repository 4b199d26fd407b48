"""Install the Debian packages whose programs the tests drive: only those missing, starting no service.

Ends well where there is no apt or no root (tests then skip what they need, and say so), but not with CI=true.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = (
    "chromium",
    "chromium-headless-shell",
    "curl",
    "dovecot-imapd",
    "dovecot-lmtpd",
    "dovecot-pop3d",
    "fetchmail",
    "firefox-esr",
    "fonts-noto-core",
    "getmail6",
    "imapfilter",
    "interimap",
    "isync",
    "libmail-imapclient-perl",
    "libmail-imaptalk-perl",
    "mpop",
    "msmtp",
    "neomutt",
    "nsd",
    "offlineimap3",
    "openssl",
    "postfix",
    "procps",
    "pullimap",
    "strace",
    "swaks",
    "unbound",
    "webkit2gtk-driver",
    "xvfb",
)
INSTALL_SECONDS = 900
POLICY = Path("/usr/sbin/policy-rc.d")
# 101: "action forbidden by policy"; see invoke-rc.d(8).
POLICY_TEXT = "#!/bin/sh\nexit 101\n"


def missing() -> list[str]:
    """Packages that are not installed; one call of dpkg-query for all."""
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${Status}\n", *PACKAGES]
    shown = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    installed = {line.split()[0] for line in shown.splitlines() if line.endswith(" installed")}
    return [package for package in PACKAGES if package not in installed]


def install(packages: list[str]) -> str:
    """Install them; returns what went wrong, or nothing."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    add_policy = not POLICY.exists()
    if add_policy:
        POLICY.write_text(POLICY_TEXT)
        POLICY.chmod(0o755)
    try:
        failure = _apt(["install", "--yes", "--quiet", "--no-install-recommends", *packages], environment)
        if failure:
            # The lists may be old or absent, as in a fresh container.
            failure = _apt(["update", "--quiet"], environment) or _apt(
                ["install", "--yes", "--quiet", "--no-install-recommends", *packages], environment
            )
        return failure
    finally:
        if add_policy:
            POLICY.unlink(missing_ok=True)


def _apt(arguments: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            ["apt-get", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INSTALL_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"apt-get {arguments[0]} took more than {INSTALL_SECONDS} s"
    lines = (done.stderr or done.stdout).strip().splitlines()
    return f"apt-get {arguments[0]}: {lines[-1] if lines else done.returncode}" if done.returncode else ""


def give_up(reason: str, packages: list[str]) -> int:
    print(f"tests/debian_packages.py: not installed: {' '.join(packages)} ({reason})", file=sys.stderr)
    if os.environ.get("CI") == "true":
        print("In CI these are needed.", file=sys.stderr)
        return 1
    print("The tests that drive these programs will be skipped.", file=sys.stderr)
    return 0


def main() -> int:
    if not shutil.which("dpkg-query") or not shutil.which("apt-get"):
        return give_up("this is no Debian system", list(PACKAGES))
    packages = missing()
    if not packages:
        return 0
    if os.geteuid() != 0:
        return give_up(f"no root; as root: apt-get install {' '.join(packages)}", packages)
    print(f"installing for the tests: {' '.join(packages)}")
    failure = install(packages)
    left = missing()
    return give_up(failure or "apt-get left them out", left) if left else 0


if __name__ == "__main__":
    sys.exit(main())
