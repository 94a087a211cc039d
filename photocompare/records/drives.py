"""What the records' folder lies on: a network drive, where SQLite is not safe, or a folder that a service copies to other machines."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from photocompare.base.errors import RecordsUnusable, UsageError
from photocompare.records.places import Places

_NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afpfs", "webdav", "afs", "ceph", "glusterfs", "9p"}) | {
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.rclone",
}
"""Where locks of files can't be relied on (sqlite.org/howtocorrupt.html, 2.1), as Linux and macOS name them."""

_REMOTE_DRIVE = 4
"""DRIVE_REMOTE of Windows' GetDriveType."""

_LINUX_MOUNTS = Path("/proc/self/mounts")
_MOUNT_S = 5.0

_SERVICES = {
    "OneDrive": re.compile(r"onedrive([ -].*)?"),
    "Dropbox": re.compile(r"dropbox([ (-].*)?"),
    "Google Drive": re.compile(r"google ?drive([ (-].*)?|my drive|meine ablage|mi unidad|mon drive"),
    "iCloud Drive": re.compile(r"icloud ?drive([ (-].*)?|mobile documents|com~apple~clouddocs"),
    "Nextcloud": re.compile(r"nextcloud\d*"),
    "ownCloud": re.compile(r"owncloud\d*"),
    "Box": re.compile(r"box sync|box-box"),
    "pCloud": re.compile(r"pcloud ?(drive|sync)"),
    "MEGA": re.compile(r"mega ?sync"),
    "Synology Drive": re.compile(r"synology ?drive"),
}
"""The folders that services keep, as they name them, without regard to capitals."""

_MARKS = {
    ".dropbox.cache": "Dropbox",
    ".stfolder": "Syncthing",
    ".tmp.drivedownload": "Google Drive",
    ".tmp.driveupload": "Google Drive",
    ".nextcloudsync.log": "Nextcloud",
    ".owncloudsync.log": "ownCloud",
}
"""What services leave in a folder that they keep, whatever its name."""

_MACOS_SERVICES = "CloudStorage"
"""Folder of macOS in which each service has its own, such as "OneDrive-Personal"."""


@functools.cache
def warning_about(places: Places) -> UsageError | None:
    """What whoever opens these records has to know of where they lie; None where it is well."""
    database = places.sqlite_file
    if database is not None and (refusal := network_refusal(database.parent)) is not None:
        return refusal
    folders = [] if database is None else [database.parent]
    if "://" not in places.photos_url:
        folders.append(Path(places.photos_url))
    for folder in folders:
        if service := synchronised_by(folder):
            return UsageError(
                f"The records lie in a folder that {service} copies elsewhere ({folder}): patients' photos leave this machine, and a "
                "database that is copied while it is written can be damaged or fall apart into two. Move the records to a folder of this "
                "machine alone, name it by PHOTOCOMPARE_DATA, and keep copies by photocompare records backup.",
                code="records_synchronised",
                service=service,
                folder=folder,
            )
    return None


def network_refusal(folder: Path) -> RecordsUnusable | None:
    """Why a SQLite database can't lie in a folder; None where it can."""
    kind = network_drive(folder)
    if not kind:
        return None
    return RecordsUnusable(
        f"{folder} lies on a network drive ({kind}), where locks of files can't be relied on and SQLite is not safe; "
        "use a folder of this machine, or PostgreSQL.",
        code="records_on_network",
        folder=folder,
        kind=kind,
    )


def network_drive(folder: Path) -> str:
    """What kind of network drive holds a folder; empty for a drive of this machine."""
    if sys.platform == "win32":
        import ctypes

        if folder.absolute().drive.startswith("\\\\"):
            return "UNC"
        remote = ctypes.windll.kernel32.GetDriveTypeW(folder.absolute().anchor) == _REMOTE_DRIVE
        return "remote" if remote else ""
    kind = file_system(folder.absolute())
    return kind if kind in _NETWORK_FILE_SYSTEMS else ""


def file_system(folder: Path) -> str:
    """Kind of the file system that holds a folder, as Linux or macOS lists it; empty where there is no such list."""
    if _LINUX_MOUNTS.is_file():
        return _kind_of(folder, linux_mounts(_LINUX_MOUNTS.read_text(encoding="utf-8", errors="replace")))
    try:
        listed = subprocess.run(["/sbin/mount"], capture_output=True, timeout=_MOUNT_S, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return _kind_of(folder, macos_mounts(listed.decode("utf-8", "replace")))


def linux_mounts(listed: str) -> list[tuple[str, str]]:
    """Mount point and kind of each file system in Linux's list."""
    fields = [line.split(" ") for line in listed.splitlines()]
    return [(re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), field[1]), field[2]) for field in fields]


def macos_mounts(listed: str) -> list[tuple[str, str]]:
    """The same of what `mount` says on macOS: "//who@server/share on /Volumes/share (smbfs, nodev)"."""
    return re.findall(r"^.+? on (/.*) \((\w+)[,)]", listed, re.MULTILINE)


def _kind_of(folder: Path, mounts: Iterable[tuple[str, str]]) -> str:
    inside, best = str(folder), ("", "")
    for point, kind in mounts:
        if (inside == point or inside.startswith(point.rstrip("/") + "/")) and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]


def synchronised_by(folder: Path) -> str:
    """The service that copies a folder to other machines, by its name or what it leaves there; empty where none is known to."""
    for path in dict.fromkeys((folder.absolute(), folder.resolve())):
        for place in (path, *path.parents):
            name = place.name.casefold()
            for service, pattern in _SERVICES.items():
                if pattern.fullmatch(name):
                    return service
            if place.parent.name == _MACOS_SERVICES:
                return place.name.partition("-")[0]
            for mark, service in _MARKS.items():
                if (place / mark).exists():
                    return service
    return ""
