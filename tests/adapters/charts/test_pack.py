"""A chart's files → an archive: the same files give the same bytes."""

from __future__ import annotations

import hashlib
import subprocess
import tarfile
from pathlib import Path

from reconciler.adapters.charts.archives import read_archive
from reconciler.adapters.charts.pack import pack

FILES = {
    "values.yaml": b"a: b\n",
    "Chart.yaml": b"apiVersion: v2\nname: web\nversion: 1.0.0\n",
    "templates/größe.yaml": b"",
    f"files/{'long-' * 30}name.txt": b"x" * 100_000,
}


def test_what_was_packed_is_read_again() -> None:
    """Every name and byte, names in other scripts and long ones included."""
    assert read_archive(pack(FILES, "web"), "web.tgz") == FILES


def test_the_bytes_depend_on_the_files_alone() -> None:
    """Not on their order, and not on the machine: this is the digest of these files."""
    packed = pack(FILES, "web")
    assert packed == pack(dict(reversed(FILES.items())), "web")
    plain = {"Chart.yaml": FILES["Chart.yaml"]}
    assert packed != pack(plain, "web")
    content = subprocess.run(["gzip", "-dc"], input=pack(plain, "web"), capture_output=True, check=True).stdout
    assert hashlib.sha256(content).hexdigest() == "58ca80173c889712d64d05d5acad072b75d61543fce4ba6067000ca8ec52c51e"


def test_members_have_no_owner_and_no_time(tmp_path: Path) -> None:
    """Chart.yaml comes first; nobody owns the files, and they can be read by all."""
    (tmp_path / "web.tgz").write_bytes(pack(FILES, "web"))
    with tarfile.open(tmp_path / "web.tgz") as archive:
        members = archive.getmembers()
    assert [member.name for member in members][:2] == ["web/Chart.yaml", f"web/files/{'long-' * 30}name.txt"]
    facts = {(item.uid, item.gid, item.uname, item.gname, item.mtime, item.mode) for item in members}
    assert facts == {(0, 0, "", "", 0, 0o644)}
