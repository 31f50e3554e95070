"""Palette: the colours of pictures, in light and dark, that people with any colour vision can tell apart.

Positive is blue and negative is orange, which stay apart in every common form of colour blindness (Okabe and Ito,
"Color universal design", 2008); pictures dash what is negative as well, so that print in grey shows it too.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Colour:
    """A colour by its purpose: on a light page and on a dark one."""

    name: str
    light: str
    dark: str


COLOURS = (
    Colour("page", "#ffffff", "#14171c"),
    Colour("ink", "#1b1f24", "#eceff3"),
    Colour("muted", "#5a636e", "#a3adb9"),
    Colour("line", "#c9d0d8", "#3c444f"),
    Colour("card", "#f6f8fa", "#1f242c"),
    Colour("positive", "#0067a5", "#64b9f0"),
    Colour("negative", "#b34a00", "#f2a24c"),
    Colour("gradient", "#7a3d8c", "#d7a6e6"),
    Colour("accent", "#fff3c4", "#4a3f14"),
)
NAMES = tuple(colour.name for colour in COLOURS)
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
NUMBERS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"


def css(scope: str) -> str:
    """Return rules that give the elements inside ``scope`` the colours as variables: ``var(--ink)``.

    The dark ones hold where the reader's system asks for dark pages; paper is light.

    Examples
    --------
    >>> css(".picture").splitlines()[0][:40]
    '.picture { --page: #ffffff; --ink: #1b1f'
    """
    light, dark = (
        " ".join(f"--{colour.name}: {getattr(colour, mode)};" for colour in COLOURS) for mode in ("light", "dark")
    )
    return f"{scope} {{ {light} }}\n@media screen and (prefers-color-scheme: dark) {{ {scope} {{ {dark} }} }}"


def sign(value: float) -> str:
    """Return the colour that stands for a number's sign.

    Examples
    --------
    >>> sign(0.5), sign(-0.5)
    ('positive', 'negative')
    """
    return "negative" if value < 0 else "positive"
