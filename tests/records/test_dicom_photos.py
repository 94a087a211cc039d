"""DICOM photos in the records: the copy without whose it is, under the photo's own digest."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import select

from photocompare.photo.facts import kept_facts
from photocompare.photo.reading import read_photo
from photocompare.records.access import LOCAL
from photocompare.records.entries import VisitFacts, VisitPhotos
from photocompare.records.photo_files import digest_of
from photocompare.records.places import in_folder
from photocompare.records.schema import PhotoRow
from photocompare.records.store import Records
from tests.support import dicom_files as files
from tests.support.hostile_files import scene
from tests.support.made_records import new_comparison


def test_a_saved_pair_and_a_visits_photos_name_nobody(tmp_path: Path) -> None:
    pair = [files.dicom(scene(seed=seed), BodyPartExamined="CALF", ImageLaterality="L") for seed in (1, 2, 3)]
    facts = [read_photo(data).facts for data in pair]
    known = {one.sha256: kept_facts(one) for one in facts}
    records = Records(in_folder(tmp_path / "records"))
    key = records.add_patient(LOCAL)
    records.save_comparison(LOCAL, new_comparison(key, before_photos=(pair[0],), after_photos=(pair[1],), photo_facts=known))
    records.save_comparison(LOCAL, new_comparison(key, before_photos=(pair[0],), after_photos=(pair[1],), photo_facts=known))
    records.add_visit(LOCAL, key, "right", "calf", VisitFacts(dt.date(2026, 9, 1)), VisitPhotos((pair[2],), known))
    with records.database.reading() as session:
        held = {photo.sha256: photo for photo in session.scalars(select(PhotoRow))}
        assert set(held) == set(known)
        assert all('"body_part":"calf"' in photo.facts.replace(" ", "") for photo in held.values())
    shown = [records.photo(LOCAL, photo.id) for photo in held.values()]
    records.close()
    assert {digest_of(data) for data in shown} == set(known)
    assert {read_photo(data).facts.sha256 for data in shown} == set(known)
    for path in (tmp_path / "records").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(secret.encode() in data for secret in files.SECRETS), path.name
