"""A Debian repository with packages of our own, and a root of its own to install them in."""

import hashlib
import subprocess
from pathlib import Path
from typing import Final

_FOLDERS: Final = (
    *("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d"),
    *("etc/apt/trusted.gpg.d", "var/lib/dpkg/info", "var/lib/dpkg/updates"),
    *("var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/log", "run"),
)
_CONFIGURATION: Final = """\
Dir "{root}";
Dir::State::status "{root}/var/lib/dpkg/status";
Dir::Bin::dpkg "/usr/bin/dpkg";
Dir::Bin::methods "/usr/lib/apt/methods";
DPkg::Options {{ "--root={root}"; "--force-not-root"; "--force-bad-path"; }};
APT::Sandbox::User "root";
"""


class Repository:
    """Nothing of this machine's own packages is read or touched."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.root = folder, folder / "root"
        self._offered = folder / "offered"
        self.configuration = folder / "apt.conf"
        for name in _FOLDERS:
            (self.root / name).mkdir(parents=True)
        self._offered.mkdir()
        (self.root / "var/lib/dpkg/status").touch()
        self.configuration.write_text(_CONFIGURATION.format(root=self.root))
        source = f"deb [trusted=yes] file:{self._offered} ./\n"
        (self.root / "etc/apt/sources.list").write_text(source)

    def has(self, name: str, *, installed: str, offered: str) -> None:
        ours = ("--root", str(self.root), "--force-not-root", "--force-bad-path")
        _said("dpkg", *ours, "-i", str(self._built(name, installed)))
        built = self._built(name, offered)
        data = built.read_bytes()
        (self._offered / "Packages").write_text(
            f"{_said('dpkg-deb', '-f', str(built))}Filename: ./{built.name}\n"
            f"Size: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n"
        )

    def installed(self, name: str) -> str:
        return (self.root / "opt" / name).read_text()

    def _built(self, name: str, version: str) -> Path:
        tree = self._folder / f"{name}-{version}"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "opt").mkdir()
        (tree / "opt" / name).write_text(version)
        (tree / "DEBIAN" / "control").write_text(
            f"Package: {name}\nVersion: {version}\nArchitecture: all\n"
            "Maintainer: Web Team <web@example.net>\nDescription: a server\n"
        )
        made = self._offered / f"{name}_{version}_all.deb"
        _said("dpkg-deb", "-b", str(tree), str(made))
        return made


def _said(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout
