"""The settings at hand, and the prompts of before."""

from __future__ import annotations

import contextlib
import json
import random
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from gui.models.ask import SEEDS, Advanced, Ask

MAX_PROMPTS = 200

# Something that completes what is typed so far: the history, and whoever else knows prompts.
Completion = Callable[[str], Sequence[str]]


class AskModel(QObject):
    """Every setting; each change goes through ``set``."""

    changed = Signal()

    def __init__(self, history: PromptHistory, dice: random.Random, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ask = Ask(seed=dice.randrange(SEEDS))
        self.history = history
        self.completions: list[Completion] = [history.matching]
        self._dice = dice

    def set(self, **changes: object) -> None:
        """Changes settings by name."""
        self.replace(replace(self.ask, **changes))  # type: ignore[arg-type]

    def set_advanced(self, **changes: object) -> None:
        """Changes advanced settings by name."""
        self.set(advanced=replace(self.ask.advanced, **changes))  # type: ignore[arg-type]

    def reset_advanced(self) -> None:
        """The engine's own defaults."""
        self.set(advanced=Advanced())

    def replace(self, ask: Ask) -> None:
        """All settings at once."""
        if ask != self.ask:
            self.ask = ask
            self.changed.emit()

    def roll(self) -> None:
        """Another seed."""
        self.set(seed=self._dice.randrange(SEEDS))

    def submitted(self) -> None:
        """A job was sent: its prompt is remembered, and unless it is locked the next has another seed."""
        self.history.add(self.ask.prompt)
        if not self.ask.seed_locked:
            self.roll()

    def suggestions(self, typed: str) -> list[str]:
        """What may be meant, from all who know prompts; each once."""
        found = (text for completion in self.completions for text in completion(typed))
        return list(dict.fromkeys(found))


class PromptHistory:
    """Prompts that were used, the newest first; kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.prompts: tuple[str, ...] = ()

    def read(self) -> tuple[str, ...]:
        """What the file has; nothing where it can't be read. For a thread that may wait."""
        try:
            texts = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ()
        if not isinstance(texts, list):
            return ()
        return tuple(text for text in texts if isinstance(text, str))[:MAX_PROMPTS]

    def write(self, prompts: tuple[str, ...]) -> None:
        """Replaces the file, whole or not at all. For a thread that may wait."""
        part = self._file.with_name(f"{self._file.name}.{secrets.token_hex(4)}")
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(prompts, ensure_ascii=False, indent=0), encoding="utf-8")
            part.replace(self._file)

    def add(self, prompt: str) -> None:
        """Puts a prompt first."""
        text = prompt.strip()
        others = (other for other in self.prompts if other != text)
        self.prompts = (text, *others)[:MAX_PROMPTS] if text else self.prompts

    def matching(self, typed: str) -> Sequence[str]:
        """Prompts that have all the words typed so far."""
        words = typed.lower().split()
        return [text for text in self.prompts if all(word in text.lower() for word in words)]
