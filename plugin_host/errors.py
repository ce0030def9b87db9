"""Every way in which a DAW, or the way to it, says no: one sentence for people."""

from __future__ import annotations


class DawError(Exception):
    """Something between a DAW and us can't be done; ``sentence`` says what to do about it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
