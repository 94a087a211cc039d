"""About: what the tool is for, its accuracy, and licences."""

from photocompare.viewer.about import show_about
from photocompare.viewer.page import begin

show_about(begin("about.title"))
