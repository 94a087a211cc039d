"""Words that Streamlit itself writes, in English whatever the page's language: which they are, and what stands in their place.

`shared/page_language.js` puts them there.  Only what Streamlit wrote is touched: each word within the kind of element that it stands in,
so that a name which reads the same stays as it was typed.
"""

from __future__ import annotations

from photocompare.report.words.texts import Texts

_UPLOADER, _HINT, _CHOICE = "[data-testid=stFileUploader]", "[data-testid=InputInstructions]", "[role=listbox]"

WORDS = {
    "upload": (_UPLOADER, "Upload"),
    "per_file": (_UPLOADER, "{value} per file"),
    "drop_file": (_UPLOADER, "Drag and drop a file here"),
    "drop_files": (_UPLOADER, "Drag and drop files here"),
    "too_large": (_UPLOADER, "File must be {value} or smaller."),
    "wrong_type": (_UPLOADER, "{value} files are not allowed."),
    "enter": (_HINT, "Press Enter to apply"),
    "control_enter": (_HINT, "Press Ctrl+Enter to apply"),
    "command_enter": (_HINT, "Press ⌘+Enter to apply"),
    "no_results": (_CHOICE, "No results"),
}
"""Key in `[widget]` to the elements in which a text stands and the text, with {value} for what changes."""

LABELS = {
    "add_files": "Add files",
    "remove": "Remove {value}",
    "cancel_upload": "Cancel upload of {value}",
    "choose": "Choose an option",
    "open": "Open",
    "clear_value": "Clear value",
    "increment": "Increment",
    "decrement": "Decrement",
    "clear_date": "Clear date",
    "choose_date": "Choose date",
    "previous_month": "Previous month",
    "next_month": "Next month",
    "pages": "App pages",
    "expand_sidebar": "Expand sidebar",
    "collapse_sidebar": "Collapse sidebar",
    "sidebar": "Sidebar",
}
"""Key in `[widget]` to the name, or the placeholder, of an element."""


def replacements(t: Texts) -> dict[str, list[tuple[str, str, str]]]:
    """For the browser: "texts" and "labels", each as where it stands, what Streamlit wrote, and what is to be read."""
    return {
        "texts": [(within, said, t(f"widget.{key}")) for key, (within, said) in WORDS.items()],
        "labels": [("", said, t(f"widget.{key}")) for key, said in LABELS.items()],
    }
