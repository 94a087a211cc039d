"""Rating: pairs scored by people who don't see the number."""

from photocompare.viewer.rating import page as rating_page

rating_page.show()
