"""Drawing: an SVG picture that notebooks show and files keep."""

from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

from chainrule.errors import ArgumentError
from chainrule.files import write_whole


@dataclass(frozen=True)
class Drawing:
    """A picture as an SVG document; a notebook shows it.

    Attributes
    ----------
    svg : str
        It scales to any size, and follows the reader's light or dark.

    Examples
    --------
    >>> from chainrule import Perceptron, analysis
    >>> drawing = analysis.draw(Perceptron([3.0, -2.0], bias=1.0))
    >>> str(drawing).startswith("<svg"), drawing
    (True, <Drawing, 7 KB; save it: .save('drawing.svg')>)
    """

    svg: str = field(repr=False)

    def save(self, path: str | PathLike[str], overwrite: bool = True) -> None:
        """Write the picture to a file.

        Parameters
        ----------
        path : str or path
            Ends in .svg.
        overwrite : bool
            Whether an existing file is replaced.

        Raises
        ------
        ArgumentError
            The name has another ending.
        FileError
            It can't be written there.
        """
        if Path(path).suffix.lower() != ".svg":
            raise ArgumentError(f"a drawing is SVG: expected a name that ends in .svg, got {str(path)!r}")
        write_whole(path, lambda out: out.write(self.svg.encode("utf-8")), overwrite)

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing, {len(self.svg.encode()) / 1024:,.0f} KB; save it: .save('drawing.svg')>"
