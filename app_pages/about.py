"""About: what the tool is for, its accuracy, and licences."""

from photocompare.report.texts import texts
from photocompare.viewer.about import show_about

show_about(texts())
