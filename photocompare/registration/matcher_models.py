"""The learned matcher's two networks, opened only when they are what they should be."""

from __future__ import annotations

from dataclasses import dataclass

from photocompare.base.networks import Network, can_run, network

SHA256 = {
    "xfeat.onnx": "82e22687c6885a21cbf5b3fcf6e041e6f0a87fa3af9b33a775440d5f4522a821",
    "lighterglue.onnx": "956cd98de758f4b3e537ea7e81992449577ab30da083bfc60fa3e0f30a2521d5",
}
"""What the shipped files must be; `models/README.md` says where they come from."""


@dataclass(frozen=True)
class Matcher:
    """Both networks, ready to run.

    Parameters
    ----------
    xfeat : Network
        Image (1, 3, H, W) -> descriptors, keypoint logits, reliability.
    lighterglue : Network
        Two sets of keypoints and descriptors -> log assignment.
    """

    xfeat: Network
    lighterglue: Network


def load_matcher() -> Matcher | None:
    """The learned matcher, or None when onnxruntime or a file is missing or a file was altered (the classical path serves then).

    Opened once per process: the sessions hold no state between runs.
    """
    if not can_run():
        return None
    xfeat = network("xfeat.onnx", SHA256["xfeat.onnx"])
    lighterglue = network("lighterglue.onnx", SHA256["lighterglue.onnx"], tiny_as_zero=True)
    return None if xfeat is None or lighterglue is None else Matcher(xfeat, lighterglue)
