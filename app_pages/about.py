"""About: what the tool is for, its accuracy, and licences."""

from photocompare.viewer.about.page import show_about
from photocompare.viewer.shared.page import begin

show_about(begin("about.title"))
