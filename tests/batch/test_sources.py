"""Photos of a batch: regular files under the manifest's folder, URLs, and nothing else."""

from __future__ import annotations

import hashlib
import os
import socket
from pathlib import Path

import fsspec
import pytest

from photocompare.batch.sources import LocalFile, RemoteFile, SourceError, identified, read_beneath, shown, source_of
from photocompare.photo.decoding.call import DEFAULT_LIMITS


@pytest.fixture
def root(tmp_path: Path) -> Path:
    home = tmp_path / "photos"
    (home / "inner").mkdir(parents=True)
    (home / "inner" / "a.jpg").write_bytes(b"photo")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return home.resolve()


def refusal(root: Path, relative: str) -> str:
    with pytest.raises(SourceError) as told:
        LocalFile(root, relative).read()
    return str(told.value)


def test_a_regular_file_is_read_and_named_by_its_content(root: Path) -> None:
    source, name = identified(source_of("inner/a.jpg", root))
    assert name == "sha256:" + hashlib.sha256(b"photo").hexdigest()
    assert source.read() == b"photo"
    (root / "b.jpg").write_bytes(b"photo")
    assert identified(source_of("b.jpg", root))[1] == name


def test_a_link_within_the_folder_is_followed_and_one_out_of_it_is_not(root: Path, tmp_path: Path) -> None:
    (root / "near.jpg").symlink_to("inner/a.jpg")
    assert LocalFile(root, "near.jpg").read() == b"photo"
    (root / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    assert refusal(root, "out.jpg") == "leads out of the manifest's folder"
    (root / "folder").symlink_to(tmp_path, target_is_directory=True)
    assert refusal(root, "folder/secret.jpg") == "leads out of the manifest's folder"
    (root / "chain.jpg").symlink_to("out.jpg")
    assert refusal(root, "chain.jpg") == "leads out of the manifest's folder"


@pytest.mark.parametrize(
    ("held", "named"),
    [
        ("Mu\u0308ller vor.jpg", "M\u00fcller vor.jpg"),
        ("M\u00fcller vor.jpg", "Mu\u0308ller vor.jpg"),
        ("Screenshot 9.22.20\u202fPM.jpg", "Screenshot 9.22.20 PM.jpg"),
        ("a b.jpg", "a\u00a0b.jpg"),
        ("Mu\u0308ller/o\u0308.jpg", "M\u00fcller/\u00f6.jpg"),
        ("\u1112\u1161\u11ab.jpg", "\ud55c.jpg"),
    ],
)
def test_a_file_is_found_by_its_name_in_another_form(root: Path, held: str, named: str) -> None:
    (root / held).parent.mkdir(exist_ok=True)
    (root / held).write_bytes(b"photo")
    assert LocalFile(root, named).read() == b"photo"
    assert refusal(root, named + "x") == "is not there"


def test_the_nearest_name_counts_and_two_that_look_alike_are_told(root: Path) -> None:
    (root / "a\u00a0b.jpg").write_bytes(b"wide")
    (root / "a b.jpg").write_bytes(b"plain")
    assert LocalFile(root, "a b.jpg").read() == b"plain"
    assert refusal(root, "a\u202fb.jpg") == "may be one of several files whose names look alike; rename them"


def test_a_name_in_another_form_leads_nowhere_outside(root: Path, tmp_path: Path) -> None:
    (root / "u\u0308").symlink_to(tmp_path, target_is_directory=True)
    assert refusal(root, "\u00fc/secret.jpg") == "leads out of the manifest's folder"


def test_a_loop_of_links_ends(root: Path) -> None:
    (root / "x").symlink_to("y")
    (root / "y").symlink_to("x")
    assert refusal(root, "x") == "can't be read"
    (root / "self").symlink_to(root, target_is_directory=True)
    assert LocalFile(root, "self/self/inner/a.jpg").read() == b"photo"


def test_what_is_no_regular_file_is_refused_at_once(root: Path) -> None:
    os.mkfifo(root / "pipe.jpg")
    (root / "folder.jpg").mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.open(root, os.O_RDONLY)
        try:
            listening.bind(f"/proc/self/fd/{here}/socket.jpg")
        finally:
            os.close(here)
    for name in ("pipe.jpg", "folder.jpg"):
        assert refusal(root, name) == "is a folder, a pipe or a device, not a file"
    assert refusal(root, "socket.jpg") in ("can't be read", "is a folder, a pipe or a device, not a file")
    (root / "device.jpg").symlink_to("/dev/zero")
    assert refusal(root, "device.jpg") == "leads out of the manifest's folder"


def test_a_device_under_the_root_is_no_photo() -> None:
    with pytest.raises(SourceError, match="a pipe or a device"):
        read_beneath(Path("/dev"), "zero", 10)


def test_hard_links_and_case_twins_are_files_like_others(root: Path) -> None:
    os.link(root / "inner" / "a.jpg", root / "hard.jpg")
    (root / "A.jpg").write_bytes(b"upper")
    (root / "a.JPG").write_bytes(b"lower")
    assert LocalFile(root, "hard.jpg").read() == b"photo"
    assert {LocalFile(root, "A.jpg").read(), LocalFile(root, "a.JPG").read()} == {b"upper", b"lower"}


def test_a_file_that_is_gone_or_may_not_be_read_says_so(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal(root, "none.jpg") == "is not there"
    assert refusal(root, "inner/a.jpg/x") == "can't be read"

    def denied(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("photocompare.batch.sources._open_beneath", denied)  # the superuser may read everything
    assert refusal(root, "inner/a.jpg") == "may not be read"


def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "inner" / "secret.jpg").write_bytes(b"mine")
    resolve = Path.resolve

    def swapped(self: Path, strict: bool = False) -> Path:
        found = resolve(self, strict=strict)
        if self.name == "secret.jpg":
            (root / "inner").rename(root / "gone")
            (root / "inner").symlink_to(tmp_path, target_is_directory=True)
        return found

    monkeypatch.setattr(Path, "resolve", swapped)
    assert refusal(root, "inner/secret.jpg") == "can't be read"


def test_a_file_that_grows_or_changes_is_not_measured(root: Path) -> None:
    source, _ = identified(source_of("inner/a.jpg", root))
    with (root / "inner" / "a.jpg").open("ab") as file:
        file.write(b" and more")
    with pytest.raises(SourceError, match="has changed since the batch began"):
        source.read()


def test_no_more_is_read_than_a_photo_may_have(root: Path) -> None:
    with (root / "huge.jpg").open("wb") as file:
        file.truncate(10 * DEFAULT_LIMITS.max_bytes)
    assert len(LocalFile(root, "huge.jpg").read()) == DEFAULT_LIMITS.max_bytes + 1


def test_a_file_url_names_what_a_path_would_and_nothing_beyond(root: Path) -> None:
    source = source_of(f"file://{root}/inner/a.jpg", root)
    assert isinstance(source, LocalFile)
    assert source.shared
    assert source.read() == b"photo"
    for outside in ("file:///etc/passwd", f"file://{root}/../secret.jpg", f"file://{root}2/a.jpg"):
        with pytest.raises(SourceError, match=r"outside|leads out"):
            source_of(outside, root).read()


def test_a_url_is_fetched_and_named_by_what_the_storage_tells_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    files = fsspec.filesystem("memory")
    files.pipe("/bucket/a.jpg", b"photo")
    source = RemoteFile("memory://bucket/a.jpg")
    _, name = identified(source)
    assert source.read() == b"photo"
    assert name.startswith("memory://bucket/a.jpg 5 ")
    info = type(files).info
    monkeypatch.setattr(type(files), "info", lambda self, path, **how: {**info(self, path, **how), "ETag": "two"})
    assert identified(source)[1] == "memory://bucket/a.jpg 5 ETag=two"
    with pytest.raises(SourceError, match="is not there"):
        identified(RemoteFile("memory://bucket/none.jpg"))


def test_a_storage_whose_package_is_missing_or_that_fails_costs_its_row_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match="can't be fetched"):
        RemoteFile("ftp://127.0.0.1:1/x.jpg").read()

    def missing(_: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec, "url_to_fs", missing)
    with pytest.raises(SourceError, match=r"needs one more package for s3: URLs .*Install s3fs"):
        identified(RemoteFile("s3://bucket/x.jpg"))


def test_what_a_url_carries_in_secret_is_not_shown() -> None:
    assert shown("https://user:word@host:8/a b.jpg?X-Signature=abc#f") == "https://host:8/a b.jpg"
    assert shown("a?b/c.jpg") == "a?b/c.jpg"
