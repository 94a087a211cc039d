"""Rating: pairs scored by people who don't see the number."""

from photocompare.viewer.rating.page import show

show()
