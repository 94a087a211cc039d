"""An upload is not lost when a run of the page begins just then.

Before a browser sends a file it asks the server for an address.  Streamlit 1.67 puts the answer into the queue of the session and empties
that queue when a run begins, as it does when the file before this one has arrived; an answer that was not yet sent is dropped, and the
file is never sent (1 of 56 uploads on a busy machine).
"""

from __future__ import annotations

from functools import cache

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

_ANSWER = "file_urls_response"


@cache
def keep_upload_answers() -> None:
    """Let those answers stay in the queue of every session of this process."""
    emptied = ForwardMsgQueue.clear

    def clear(queue: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None) -> None:
        # Without the first of the two the queue is emptied for good: it was sent, or the session is over.
        answers = [m for m in queue._queue if retain_lifecycle_msgs and m.WhichOneof("type") == _ANSWER]
        emptied(queue, retain_lifecycle_msgs, fragment_ids_this_run)
        queue._queue.extend(answer for answer in answers if answer not in queue._queue)

    ForwardMsgQueue.clear = clear  # type: ignore[method-assign, assignment]
