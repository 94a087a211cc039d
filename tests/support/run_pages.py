"""The viewer's pages run without a browser, stand-ins in the place of its processes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from photocompare.report.files.dossier_making import dossier_of
from photocompare.report.words.texts import texts
from photocompare.viewer.measuring import visit as visit_module
from photocompare.viewer.shared import waiting
from tests.support.faked_work import faked_work
from tests.support.made_comparison import make_comparison, with_contrasts
from tests.support.sent_to_browser import component_heads, elements

APP = Path(__file__).parents[2] / "app.py"
T, ES = texts("en"), texts("es")
MEASURED = dossier_of(with_contrasts(make_comparison()))
REFUSED = dossier_of(make_comparison("not_same_view"))
PERCENTAGE = re.compile(r"\d\s*%")


class Pages:
    """One browser session, and the stand-ins at work."""

    def __init__(self, measurings: list[Any], checkings: list[Any]) -> None:
        self.measurings, self.checkings = measurings, checkings
        self.at = AppTest.from_file(str(APP), default_timeout=30)
        self.run()

    def run(self) -> None:
        self.at.run()
        self.well()

    def well(self) -> None:
        assert not self.at.exception

    def go(self, page: str) -> None:
        self.at.switch_page(f"app_pages/{page}.py")
        self.run()

    def upload(self, which: str, *photos: bytes) -> None:
        self.at.file_uploader(key=f"upload_{which}").set_value([(f"{k}.jpg", data, "image/jpeg") for k, data in enumerate(photos)])
        self.run()

    def photos_tell(self, *times: str) -> None:
        """Let the photos' own times be known, in the order in which the photos were looked at."""
        alone = {hashlib.sha256(checking.data).hexdigest(): checking for checking in self.checkings}
        for digest, time in zip(self.visit.checks, times, strict=True):
            if digest in alone:
                alone[digest].know(capture_time=time)
            else:
                self.measurings[-1].tell(digest, capture_time=time)
        self.run()

    def press(self, label: str) -> None:
        (button,) = [b for b in self.at.button if b.label == label]
        button.click()
        self.run()

    def pair(self, before: bytes = b"before", after: bytes = b"after") -> Any:
        """Upload a pair; returns the stand-in that measures it."""
        self.upload("before", before)
        self.upload("after", after)
        return self.measurings[-1]

    def measured_pair(self, dossier: Any = MEASURED) -> Any:
        measuring = self.pair()
        measuring.finish(dossier)
        self.run()
        return measuring

    @property
    def folded(self) -> bool:
        """Whether photos and fields are hidden behind one line."""
        return T("compare.change") in self.labels

    @property
    def visit(self) -> Any:
        return self.at.session_state["visit"]

    def elements(self) -> Iterator[Any]:
        return elements(self.at)

    @property
    def html(self) -> str:
        return "".join(e.proto.body for e in self.elements() if e.type == "html" and not e.proto.body.startswith("<style>"))

    @property
    def words(self) -> str:
        """Everything on the page that a person reads, tags taken out."""
        bodies = [getattr(e.proto, "body", "") for e in self.elements() if e.type != "html"]
        labels = [getattr(e.proto, "label", "") for e in self.elements()]
        return " ".join([*bodies, *labels, re.sub(r"<[^>]*>", " ", self.html)])

    @property
    def labels(self) -> list[str]:
        return [b.label for b in self.at.button]

    def pictures(self) -> dict[str, Any]:
        """The head of what the pictures' component got."""
        (head,) = component_heads(self.at, "pair_view")
        return head


def faked_app(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Pages]:
    """Opens the viewer in a new session; no process is started."""
    measuring, checking = faked_work()
    monkeypatch.setattr(visit_module, "Measuring", measuring)
    monkeypatch.setattr(visit_module, "Checking", checking)
    monkeypatch.setattr(waiting, "PATIENCE_S", 0.0)  # a stand-in ends when the test says so, between two runs
    return lambda: Pages(measuring.made, checking.made)
