"""Which look at two limbs is believed: fine or coarse, or what both matched."""

from __future__ import annotations

import numpy as np
import pytest

from photocompare.registration import pairing
from photocompare.registration.features import FeatureOptions, Keypoints, Limb, Matches, lighterglue_matches, luminance_density
from photocompare.registration.matcher_models import Matcher, load_matcher
from photocompare.registration.pairing import LimbPoints, Pairing, match_limbs
from photocompare.registration.warp import WarpOptions
from tests.support.made_skin import SHAPE, View, field_of, photo_of, skin_of, true_map

VIEW = View()
FEATURES = FeatureOptions(pixels=0.2e6, coarse_pixels=0.1e6)
AMPLE, LEAST = 50, 30


def limbs() -> tuple[LimbPoints, LimbPoints]:
    """One leg, photographed twice."""
    photos, field = (photo_of(skin_of(3), 1), photo_of(skin_of(3), 2, view=VIEW)), field_of()
    first, second = (Limb(luminance_density(photo), field.leg, field.measurable, field.principal) for photo in photos)
    return LimbPoints(first, load_matcher(), FEATURES), LimbPoints(second, load_matcher(), FEATURES)


def matched(*, strongest_only: bool = False) -> Pairing:
    return match_limbs(*limbs(), ample_spread=AMPLE, least_matches=LEAST, warp=WarpOptions(), strongest_only=strongest_only)


def seen(monkeypatch: pytest.MonkeyPatch, *, fine: slice, coarse: slice) -> list[str]:
    """Let the matcher give of each look what lies in so many parts of the before limb's height; which looks there were."""
    looks: list[str] = []
    coarse_shape = limbs()[0].coarse.picture.grey.shape

    def matches(first: Keypoints, second: Keypoints, matcher: Matcher, options: FeatureOptions) -> Matches:
        is_coarse = first.shape == coarse_shape
        looks.append("coarse" if is_coarse else f"fine {len(first.xy) > options.first_keypoints}")
        found, shown = lighterglue_matches(first, second, matcher, options), coarse if is_coarse else fine
        heights = first.xy[found.pairs[:, 0], 1] / first.shape[0]
        kept = (heights >= shown.start) & (heights < shown.stop)
        return Matches(found.pairs[kept], found.confidence[kept])

    monkeypatch.setattr(pairing, "lighterglue_matches", matches)
    return looks


NOTHING, ALL = slice(2, 3), slice(0, 1)


def off_px(found: Pairing) -> float:
    """Median distance of the agreeing matches from where they should lie."""
    assert found.fit is not None
    agree = found.fit.inliers
    return float(np.median(np.linalg.norm(found.after_xy[agree] - true_map(found.before_xy[agree].astype(float), VIEW), axis=1)))


def test_one_look_at_the_strongest_keypoints_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = seen(monkeypatch, fine=ALL, coarse=ALL)
    found = matched()
    assert looks == ["fine False"]
    assert found.spread >= AMPLE
    assert off_px(found) < 2


def test_where_the_fine_picture_shows_nothing_the_coarse_one_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = seen(monkeypatch, fine=NOTHING, coarse=ALL)
    found = matched()
    assert looks == ["fine False", "coarse"]
    assert found.spread >= AMPLE
    assert off_px(found) < 2


def test_what_neither_look_shows_alone_both_show_together(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = seen(monkeypatch, fine=slice(0, 0.35), coarse=slice(0.45, 0.7))
    found = matched()
    assert looks == ["fine False", "fine True", "coarse"]
    heights = found.before_xy[found.fit.inliers, 1] / SHAPE[0] if found.fit is not None else np.zeros(1)
    assert heights.min() < 0.15
    assert heights.max() > 0.6
    assert off_px(found) < 2


def test_wrong_skin_is_not_looked_at_a_third_time(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = seen(monkeypatch, fine=NOTHING, coarse=NOTHING)
    assert matched().agreeing == 0
    assert looks == ["fine False", "coarse"]


def test_a_mirrored_photo_is_asked_of_the_strongest_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = seen(monkeypatch, fine=NOTHING, coarse=ALL)
    assert matched(strongest_only=True).agreeing == 0
    assert looks == ["fine False"]
