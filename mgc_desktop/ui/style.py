"""The few rules that the Fusion style needs besides a palette; `t` is `theme.Tokens`, `tick` the path of a picture."""

from __future__ import annotations

STYLE_SHEET = """
QMainWindow::separator {{ background: {t.border}; width: 1px; height: 1px; }}
QSplitter::handle {{ background: {t.border}; }}
QSplitter::handle:hover {{ background: {t.accent}; }}
QToolBar {{
    background: {t.window}; border: none; border-bottom: 1px solid {t.border}; spacing: 6px; padding: 6px 8px;
}}
QToolBar QToolButton {{ border: 1px solid {t.border}; border-radius: 6px; background: {t.raised}; padding: 5px 10px; }}
QToolBar QToolButton:hover {{ border-color: {t.accent}; }}
QToolBar QToolButton:pressed {{ background: {t.groove}; }}
QToolBar QToolButton:checked {{ background: {t.accent}; color: {t.accent_text}; border-color: {t.accent}; }}
QToolBar QToolButton:focus {{ border-color: {t.accent}; }}
QToolBar QToolButton::menu-indicator {{ image: none; }}
QStatusBar {{ border-top: 1px solid {t.border}; }}
QStatusBar::item {{ border: none; }}
QHeaderView::section {{
    background: {t.window}; color: {t.muted}; border: none; border-bottom: 1px solid {t.border};
    border-right: 1px solid {t.border}; padding: 5px 8px;
}}
QTableView {{
    border: none; gridline-color: transparent; selection-background-color: {t.selection};
    selection-color: {t.text}; alternate-background-color: {t.alternate};
}}
QLineEdit {{
    border: 1px solid {t.border}; border-radius: 6px; padding: 5px 8px; background: {t.base};
    selection-background-color: {t.accent}; selection-color: {t.accent_text};
}}
QLineEdit:focus {{ border-color: {t.accent}; }}
QComboBox {{
    border: 1px solid {t.border}; border-radius: 6px; padding: 5px 8px; background: {t.raised}; color: {t.text};
}}
QComboBox:hover, QComboBox:focus {{ border-color: {t.accent}; }}
QComboBox:disabled {{ color: {t.muted}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{
    image: none; width: 0; height: 0; margin-right: 8px;
    border-left: 4px solid {t.raised}; border-right: 4px solid {t.raised}; border-top: 5px solid {t.muted};
}}
QComboBox QAbstractItemView {{
    border: 1px solid {t.border}; background: {t.base}; selection-background-color: {t.selection};
    selection-color: {t.text}; padding: 4px;
}}
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 0; }}
QScrollBar::handle {{ background: {t.border}; border-radius: 4px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: 28px; }}
QScrollBar::handle:horizontal {{ min-width: 28px; }}
QScrollBar::handle:hover {{ background: {t.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QFrame[role="card"] QListWidget {{ background: transparent; selection-background-color: {t.selection}; }}
QFrame[role="card"] QListWidget::item {{ color: {t.text}; border-radius: 4px; padding: 0 6px; }}
QFrame[role="card"] QListWidget::item:selected {{ background: {t.selection}; color: {t.text}; }}
QTableWidget::item {{ padding: 0 6px; }}
QAbstractSpinBox {{ min-height: 24px; }}
QToolTip {{ color: {t.text}; background: {t.raised}; border: 1px solid {t.border}; padding: 4px; }}
QProgressBar {{ border: none; border-radius: 3px; background: {t.groove}; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ background: {t.accent}; border-radius: 3px; }}
QPushButton {{ border: 1px solid {t.border}; border-radius: 6px; background: {t.raised}; padding: 6px 14px; }}
QPushButton[size="small"] {{ padding: 3px 10px; }}
QPushButton:hover, QPushButton:focus {{ border-color: {t.accent}; }}
QPushButton:pressed {{ background: {t.groove}; }}
QPushButton:checked {{ background: {t.selection}; border-color: {t.accent}; }}
QPushButton:default, QPushButton[rank="first"] {{
    background: {t.accent}; color: {t.accent_text}; border-color: {t.accent};
}}
QPushButton:disabled {{ color: {t.muted}; background: {t.window}; border-color: {t.border}; }}
QToolButton[role="play"] {{ border: 1px solid {t.border}; border-radius: 19px; background: {t.raised}; }}
QToolButton[role="play"]:hover, QToolButton[role="play"]:focus {{ border-color: {t.accent}; }}
QToolButton[role="play"]:pressed {{ background: {t.groove}; }}
QToolButton[role="tool"] {{
    border: 1px solid transparent; border-radius: 5px; padding: 2px 4px; background: transparent;
}}
QToolButton[role="tool"]:hover {{ background: {t.groove}; }}
QToolButton[role="tool"]:pressed {{ background: {t.border}; }}
QToolButton[role="tool"]:focus {{ border-color: {t.accent}; }}
QToolButton[role="tool"]:checked {{ background: {t.accent}; color: {t.accent_text}; }}
QToolButton[role="tool"]:disabled {{ color: {t.muted}; }}
QToolButton[role="tool"]::menu-indicator {{ image: none; }}
QToolButton[role="link"] {{ border: none; padding: 1px 2px; color: {t.accent}; background: transparent; }}
QToolButton[role="link"]:hover, QToolButton[role="link"]:focus {{ text-decoration: underline; }}
QFrame[rank="line"] {{ color: {t.border}; background: {t.border}; border: none; max-height: 1px; min-height: 1px; }}
QPushButton[flat="true"] {{ border: none; background: transparent; }}
QRadioButton::indicator {{
    width: 12px; height: 12px; border: 1px solid {t.muted}; border-radius: 7px; background: {t.base};
}}
QRadioButton::indicator:checked {{
    width: 6px; height: 6px; border: 4px solid {t.accent}; background: {t.accent_text};
}}
QRadioButton::indicator:hover, QRadioButton:focus {{ border-color: {t.accent}; }}
QRadioButton:disabled {{ color: {t.muted}; }}
QCheckBox::indicator, QAbstractItemView::indicator {{
    width: 13px; height: 13px; border: 1px solid {t.muted}; border-radius: 3px; background: {t.base};
}}
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{
    border-color: {t.accent}; background: {t.accent}; image: url("{tick}");
}}
QCheckBox::indicator:hover, QCheckBox:focus {{ border-color: {t.accent}; }}
QCheckBox::indicator:disabled {{ border-color: {t.border}; }}
QCheckBox:disabled {{ color: {t.muted}; }}
QLabel[rank="muted"] {{ color: {t.muted}; }}
QLabel[rank="error"] {{ color: {t.error}; }}
QLabel[rank="warning"] {{ color: {t.warning}; }}
QFrame[role="card"] {{ background: {t.base}; border: 1px solid {t.border}; border-radius: 8px; }}
QFrame[role="filters"] {{ background: {t.window}; border: none; border-bottom: 1px solid {t.border}; }}
QPushButton[role="chip"] {{ background: {t.selection}; border-color: {t.selection}; padding: 2px 8px; }}
QPushButton[role="chip"]:hover, QPushButton[role="chip"]:focus {{ border-color: {t.accent}; }}
QListWidget {{ background: {t.base}; color: {t.text}; }}
QFrame[role="task"] {{ background: {t.selection}; border: none; border-bottom: 1px solid {t.border}; }}
QFrame[role="notice"] {{ background: {t.notice}; border: none; border-bottom: 1px solid {t.border}; }}
"""
