"""A panel with one take, on a real screen: ``drag_panel.py FOLDER TAKE``. Says where the take's row is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # it is started as a script

import soundfile
from PySide6.QtCore import QPoint, QTimer

from gui.models.take_row import RowState, TakeRow
from gui.screenshots import make_stage


def main(folder: Path, take: Path) -> int:
    """Shows it until the process is ended."""
    stage = make_stage(folder, folder, "")
    what = soundfile.info(take)
    row = TakeRow("", 0, 1, "boots", 7, what.samplerate, what.frames, state=RowState.DONE, path=str(take))
    stage.panel.takes.add([row])
    stage.window.move(0, 0)
    stage.window.resize(600, 800)
    QTimer.singleShot(1500, lambda: tell(stage))
    return stage.application.exec()


def tell(stage: object) -> None:
    """Where the mouse takes hold of the row, on the screen."""
    takes = stage.window.takes.list  # type: ignore[attr-defined]
    area = takes.visualRect(takes.model().index(0, 0))
    place = takes.viewport().mapToGlobal(QPoint(area.center().x(), area.center().y()))
    print(json.dumps([place.x(), place.y()]), flush=True)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
