"""Sheets of paper: fonts, header, footer, and rows of figures. The same content gives the same bytes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from unicodedata import normalize

from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

FONTS = Path(__file__).parent / "fonts"
FONT = "DejaVu"
MARGIN = 18  # mm
WIDTH = 210 - 2 * MARGIN
INK, FAINT, ACCENT, RULE, BAND = (30, 34, 40), (105, 112, 122), (47, 111, 79), (205, 210, 216), (240, 245, 242)
MISSING = "□"

Colour = tuple[int, int, int]


class Sheet(FPDF):
    """A4. `mark` stands at the foot of every page, so that no page can pass for another paper's."""

    def __init__(self, *, title: str, mark: str, day: date) -> None:
        super().__init__(format="A4")
        self._mark = mark
        self.add_font(FONT, "", FONTS / "DejaVuSansCondensed.ttf")
        self.add_font(FONT, "B", FONTS / "DejaVuSansCondensed-Bold.ttf")
        self._glyphs = self.fonts[FONT.lower()].cmap  # type: ignore[union-attr]  # it is a font of ours, with glyphs
        self.set_title(title)
        self.set_creation_date(datetime.combine(day, time(), UTC))
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=24)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-18)
        self._line_across()
        self.ink(FAINT, size=7)
        self.cell(WIDTH * 0.85, 8, self._mark)
        self.cell(WIDTH * 0.15, 8, f"Page {self.page_no()} of {{nb}}", align=Align.R)

    def ink(self, colour: Colour = INK, *, size: float = 9, bold: bool = False) -> None:
        self.set_text_color(*colour)
        self.set_font(FONT, "B" if bold else "", size)

    def heading(self, text: str) -> None:
        self.ln(5)
        self.ink(ACCENT, size=11, bold=True)
        self.cell(WIDTH, 7, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def paragraph(self, text: str) -> None:
        self.ink()
        self.multi_cell(WIDTH, 4.6, self.readable(text), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1.2)

    def pair(self, name: str, value: str) -> None:
        self.ink(FAINT)
        self.cell(52, 5.4, name)
        self.ink()
        self.multi_cell(WIDTH - 52, 5.4, self.readable(value), align=Align.L, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def boxes(self, boxes: Sequence[tuple[str, str, str]]) -> None:
        """Side by side: a name, its figure, and what it means."""
        top, width = self.get_y(), WIDTH / len(boxes)
        for place, (name, figure, meaning) in enumerate(boxes):
            self._box(MARGIN + place * width, width - 2, name, figure, meaning)
            self.set_y(top)
        self.set_xy(MARGIN, top + 28)

    def figures(self, head: Sequence[str], rows: Sequence[Sequence[str]], total: Sequence[str]) -> None:
        """Figures to the right under their names, which stand on every page that the table reaches."""
        self._row(head, bold=True, fill=BAND)
        for row in rows:
            if self.will_page_break(5):
                self.add_page()
                self._row(head, bold=True, fill=BAND)
            self._row(row)
        self._line_across()
        self._row(total, bold=True)

    def readable(self, text: str) -> str:
        """Letters that the font has; a square for each other one."""
        composed = normalize("NFC", text)
        return "".join(letter if letter == "\n" or ord(letter) in self._glyphs else MISSING for letter in composed)

    def _row(self, cells: Sequence[str], *, bold: bool = False, fill: Colour | None = None) -> None:
        self.ink(size=8, bold=bold)
        self.set_fill_color(*(fill or (255, 255, 255)))
        for place, cell in enumerate(cells):
            width = WIDTH * (0.1 if place == 0 else 0.9 / (len(cells) - 1))
            self.cell(width, 5, cell, align=Align.L if place == 0 else Align.R, fill=fill is not None)
        self.ln(5)

    def _box(self, left: float, width: float, name: str, figure: str, meaning: str) -> None:
        top = self.get_y()
        self.set_fill_color(*BAND)
        self.rect(left, top, width, 26, style="F")
        self.set_xy(left + 2, top + 2)
        self.ink(FAINT, size=7, bold=True)
        self.cell(width - 4, 5, name.upper(), new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.ink(size=12, bold=True)
        self.cell(width - 4, 8, figure, new_x=XPos.LEFT, new_y=YPos.NEXT)
        self.ink(FAINT, size=7)
        self.multi_cell(width - 4, 3.4, meaning, align=Align.L)

    def _line_across(self) -> None:
        self.set_draw_color(*RULE)
        self.line(MARGIN, self.get_y(), MARGIN + WIDTH, self.get_y())
