"""An answer to an upload outlives the beginning of a run."""

from __future__ import annotations

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue

from photocompare.viewer.shared.upload_answers import keep_upload_answers


@pytest.mark.parametrize("how", [{}, {"fragment_ids_this_run": ["a"]}])
def test_an_answer_stays_and_old_elements_go(how: dict[str, object]) -> None:
    keep_upload_answers()
    keep_upload_answers()  # as each run of the app does
    queue = ForwardMsgQueue()
    answer, element = ForwardMsg(), ForwardMsg()
    answer.file_urls_response.response_id = "7"
    element.delta.fragment_id = "a"
    for message in (answer, element):
        queue.enqueue(message)
    queue.clear(retain_lifecycle_msgs=True, **how)  # type: ignore[arg-type]  # as a run's beginning does
    assert list(queue.flush()) == [answer]
    assert queue.is_empty()
