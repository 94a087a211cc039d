"""About: what the tool is for, its accuracy, and licences."""

from photocompare.viewer.about.page import show

show()
