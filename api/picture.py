"""A schedule as a picture: each row a bar of principal and interest, over them the balance as a line."""

from collections.abc import Iterable, Sequence

from domain.money import Money
from domain.position import Installment

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 12, 12, 40, 32  # margins
PRINCIPAL, INTEREST, BALANCE, INK = "#2f6f4f", "#e0a030", "#34507a", "#333"

INSIDE_WIDTH, INSIDE_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
FLOOR = TOP + INSIDE_HEIGHT


def schedule_picture(rows: Sequence[Installment], amount: Money) -> str:
    """An SVG document. It shows figures and dates only, nothing that a caller wrote."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif">',
        f"<title>{len(rows)} rows repay {amount}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        *_legend(),
        *_bars(rows),
        _balance_line(rows, amount.minor),
        f'<path d="M{LEFT} {FLOOR}H{WIDTH - RIGHT}" stroke="{INK}"/>',
        *_dates(rows),
        "</svg>",
    ]
    return "".join(parts)


def _legend() -> Iterable[str]:
    for place, (name, colour) in enumerate([("principal", PRINCIPAL), ("interest", INTEREST), ("balance", BALANCE)]):
        x = LEFT + 96 * place
        yield f'<rect x="{x}" y="14" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 18, 24, name)


def _bars(rows: Sequence[Installment]) -> Iterable[str]:
    highest = max((row.principal + row.interest for row in rows), default=0) or 1
    step = INSIDE_WIDTH / max(len(rows), 1)
    width = max(step * 0.8, 0.4)
    for place, row in enumerate(rows):
        x = LEFT + place * step + (step - width) / 2
        principal = max(row.principal, 0) / highest * INSIDE_HEIGHT * 0.9
        interest = max(row.interest, 0) / highest * INSIDE_HEIGHT * 0.9
        yield _bar(x, FLOOR - principal, width, principal, PRINCIPAL)
        yield _bar(x, FLOOR - principal - interest, width, interest, INTEREST)


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.2f}" y="{y:.2f}" width="{width:.2f}" height="{height:.2f}" fill="{colour}"/>'


def _balance_line(rows: Sequence[Installment], lent: int) -> str:
    balances = [lent, *(row.balance_after for row in rows)]
    highest, step = max(*balances, 1), INSIDE_WIDTH / max(len(rows), 1)
    points = " ".join(
        f"{LEFT + place * step:.2f},{FLOOR - max(balance, 0) / highest * INSIDE_HEIGHT:.2f}"
        for place, balance in enumerate(balances)
    )
    return f'<polyline points="{points}" fill="none" stroke="{BALANCE}" stroke-width="2"/>'


def _dates(rows: Sequence[Installment]) -> Iterable[str]:
    if rows:
        yield _text(LEFT, HEIGHT - 12, str(rows[0].start_date))
        yield _text(WIDTH - RIGHT, HEIGHT - 12, str(rows[-1].due_date), anchor="end")


def _text(x: int, y: int, words: str, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="12" fill="{INK}" text-anchor="{anchor}">{words}</text>'
