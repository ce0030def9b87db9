"""Colours and how the widgets look; every pair of text and ground reaches WCAG AA (``tests/gui/views``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

_ICONS = Path(__file__).parent / "icons"


@dataclass(frozen=True)
class Theme:
    """One set of colours, as #rrggbb."""

    ground: str  # of the window
    field: str  # of what is typed into, and of lists
    raised: str  # of buttons
    line: str  # around fields; 3:1 against the ground
    text: str
    quiet: str  # of what is said beside
    accent: str  # of the main button and of what is chosen
    on_accent: str
    wave: str
    wave_draft: str
    selection: str
    mask: str
    curve: str
    playhead: str
    bad: str
    good: str


DARK = Theme(
    ground="#1f2124", field="#17181a", raised="#33363b", line="#74797f", text="#eceef0", quiet="#b3b8be",
    accent="#4f9dff", on_accent="#06121f", wave="#8fb7d9", wave_draft="#6f7780", selection="#4f9dff",
    mask="#ff9f4a", curve="#7ee0a1", playhead="#ffffff", bad="#ff8f80", good="#7ee0a1",
)  # fmt: skip
LIGHT = Theme(
    ground="#f3f4f5", field="#ffffff", raised="#e1e4e7", line="#7b8188", text="#17191c", quiet="#4c5359",
    accent="#0b5cc4", on_accent="#ffffff", wave="#2f6ea3", wave_draft="#8a9097", selection="#0b5cc4",
    mask="#a84b00", curve="#0f7a3d", playhead="#000000", bad="#b3261e", good="#0f6b36",
)  # fmt: skip


def current() -> Theme:
    """The theme that is on."""
    application = QApplication.instance()
    return LIGHT if application is not None and application.property("theme") == "light" else DARK


def apply(application: QApplication, light: bool = False) -> None:
    """Gives the application one of the themes."""
    theme = LIGHT if light else DARK
    application.setProperty("theme", "light" if light else "dark")
    application.setStyle("Fusion")
    application.setPalette(palette_of(theme))
    application.setStyleSheet(style_of(theme))


def palette_of(theme: Theme) -> QPalette:
    """For what Qt draws by itself."""
    palette, role, group = QPalette(), QPalette.ColorRole, QPalette.ColorGroup
    for place, colour in (
        (role.Window, theme.ground),
        (role.WindowText, theme.text),
        (role.Base, theme.field),
        (role.AlternateBase, theme.ground),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, theme.bad),
        (role.Highlight, theme.accent),
        (role.HighlightedText, theme.on_accent),
        (role.ToolTipBase, theme.raised),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.quiet),
        (role.Link, theme.accent),
        (role.Mid, theme.line),
    ):
        palette.setColor(place, QColor(colour))
    for place in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(group.Disabled, place, QColor(theme.line))
    return palette


def style_of(theme: Theme) -> str:
    """What Fusion draws otherwise than we want it."""
    icon = (_ICONS / f"check-{'light' if theme is LIGHT else 'dark'}.svg").as_posix()
    return f"""
    QWidget {{ font-size: 10pt; }}
    QLineEdit, QPlainTextEdit, QListView, QTreeView, QTableView {{
        background: {theme.field}; border: 1px solid {theme.line}; border-radius: 3px; padding: 2px 4px; }}
    QAbstractSpinBox QLineEdit, QAbstractSpinBox QLineEdit:focus {{ border: none; padding: 0; }}
    QLineEdit:focus, QPlainTextEdit:focus, QListView:focus, QTreeView:focus, QTableView:focus {{
        border: 2px solid {theme.accent}; padding: 1px 3px; }}
    QToolButton:focus, QPushButton:focus {{ border: 2px solid {theme.accent}; padding: 2px 6px; }}
    QCheckBox::indicator {{ width: 13px; height: 13px; background: {theme.field};
        border: 1px solid {theme.line}; border-radius: 2px; }}
    QCheckBox::indicator:checked {{ background: {theme.accent}; border-color: {theme.accent};
        image: url({icon}); }}
    QCheckBox::indicator:focus {{ border: 2px solid {theme.accent}; }}
    QToolButton, QPushButton {{
        background: {theme.raised}; border: 1px solid {theme.ground}; border-radius: 3px; padding: 3px 7px; }}
    QToolButton:hover, QPushButton:hover {{ border: 1px solid {theme.line}; }}
    QToolButton:checked {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QToolButton:disabled, QPushButton:disabled {{ background: {theme.raised}; color: {theme.line}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QPushButton#main {{ background: {theme.accent}; color: {theme.on_accent}; font-weight: bold;
        font-size: 12pt; padding: 7px 14px; }}
    QPushButton#main:disabled {{ background: {theme.raised}; color: {theme.quiet}; }}
    QPushButton#main:focus {{ border: 2px solid {theme.text}; }}
    QLabel#quiet {{ color: {theme.quiet}; }}
    QLabel#said {{ background: {theme.raised}; border-radius: 3px; padding: 3px 7px; }}
    QListView, QTreeView, QTableView {{ padding: 0; }}
    QTreeView:focus, QTableView:focus {{ padding: 0; }}
    QSlider::groove:horizontal {{ height: 4px; background: {theme.line}; border-radius: 2px; }}
    QSlider::handle:horizontal {{
        width: 14px; margin: -6px 0; border-radius: 7px; background: {theme.accent}; }}
    QSlider::handle:horizontal:focus {{ border: 2px solid {theme.text}; }}
    """
