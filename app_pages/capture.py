"""Capture: how to take the photos, and the live camera."""

from photocompare.viewer.capture.page import show

show()
