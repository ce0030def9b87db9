"""What a sound's place and file say of it, as words that a text encoder can read.

Names in libraries are ``FEETHmn_Boots-On-Gravel-001_ABC_Show.wav`` (UCS), ``door_slam_02.wav`` in a folder
"Doors/Wood", or ``ZOOM0012.wav``, which says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import soundfile

from engine.errors import EngineError
from engine.takes.reading import found_in, recipe_texts
from engine.takes.recipe import decode_recipe
from engine.takes.ucs import Category, find_category

# Of a description; a text encoder reads no more.
MAX_CHARACTERS = 300
# Folders above the file that may say something: "Footsteps/Gravel/01.wav".
_PARENTS = 2
# Words of gear, formats and versions, and names that mean "a sound".
_SAYING_NOTHING = """
audio sound sounds sfx fx soundfx effects samples sample library lib libraries file files recording
recordings rec track tr untitled new copy final master mix edit edited raw take takes punchin wav wave flac
ogg mp aif aiff caf mono stereo st ms xy ab ortf blumlein bin lr left right khz hz bit bits db zoom tascam
mixpre sennheiser mkh schoeps neumann desktop downloads documents music home users the an of and in on at to
with for by from ver version vol volume pt part no num dsgn misc
"""
_EMPTY = frozenset(_SAYING_NOTHING.split())
_CODE = re.compile(r"(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,}", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]+")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PROMPT_MARKS = re.compile(r"[(){}|\\]|:[\d.]+")


def words_of_name(path: Path, root: Path) -> str:
    """What a file's name and the folders between it and ``root``, which counts, say; "": nothing."""
    folder = path.parent
    inside = folder.relative_to(root.parent).parts if folder.is_relative_to(root.parent) else ()
    category, name = _ucs(path.stem)
    texts = [*inside[-_PARENTS:], category.full if category else "", name]
    return " ".join(_once(word for text in texts for word in _words(text)))


def descriptions(path: Path) -> tuple[str, ...]:
    """What is written in the file: its title or comment, its bext description, and its take's prompt."""
    texts = [*_tags(path), *_notes(path)]
    tidy = (" ".join(text.split())[:MAX_CHARACTERS] for text in texts)
    return tuple(_once(text for text in tidy if any(True for _ in _words(text))))


def searched_words(prompt: str) -> list[str]:
    """The words of a prompt that may stand in a name, each once."""
    return list(_once(_words(prompt)))


def stem(word: str) -> str:
    """A word without an English plural: enough for "boots" to find "boot"."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _ucs(name: str) -> tuple[Category | None, str]:
    """The category and the free part of a UCS name; None and the whole name where it is none."""
    first, _, rest = name.partition("_")
    try:
        category = find_category(first.partition("-")[0]) if rest else None
    except EngineError:
        category = None
    return (category, rest.partition("_")[0]) if category else (None, name)


def _words(text: str) -> Iterator[str]:
    for part in re.split(r"[\W_]+", text):
        if _CODE.fullmatch(part):
            continue
        for word in (word for letters in _LETTERS.findall(part) for word in _HUMP.split(letters)):
            if len(word) > 1 and word.lower() not in _EMPTY:
                yield word.lower()


def _once(items: Iterable[str]) -> Iterator[str]:
    return iter(dict.fromkeys(items))


def _tags(path: Path) -> Iterator[str]:
    try:
        with soundfile.SoundFile(str(path)) as sound:
            yield sound.title
            yield sound.comment
    except (soundfile.LibsndfileError, UnicodeError):  # a damaged tag is none
        return


def _notes(path: Path) -> Iterator[str]:
    try:
        found = found_in(path)
        if found.bext:
            yield found.bext.description
        for text in recipe_texts(found)[-1:]:
            yield _PROMPT_MARKS.sub(" ", decode_recipe(text).recipe.prompt)
    except EngineError:
        return
