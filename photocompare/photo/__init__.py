"""From a file to pixels and facts: decoding in a confined child, and pictures that hold two photos."""
