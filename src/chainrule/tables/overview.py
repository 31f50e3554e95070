"""What happens to the columns of a table, in the few lines that a person reads before training."""

from collections.abc import Sequence

from chainrule.tables.encoder import Encoder
from chainrule.tables.encodings import DateEncoding, EmbeddedEncoding, Encoding, LeftOut
from chainrule.tables.table import Table, counted

_KINDS = {
    "number": ("number", "numbers"),
    "boolean": ("boolean", "booleans"),
    "date": ("date", "dates"),
    "category": ("category", "categories"),
}
_WIDTH = 24  # of a list of names; a longer one is shown as first ... last


def overview(encoder: Encoder, table: Table) -> list[str]:
    """Return one line for each kind of column and each reason to leave some out; missing values counted in ``table``.

    Examples
    --------
    >>> from chainrule.tables import read_table
    >>> table = read_table({"age": [31, None, 40], "height": [1.8, 1.7, 1.6], "sex": ["m", "f", None]})
    >>> for line in overview(Encoder.fit(table), table):
    ...     print(line)
    2 numbers    age, height  (1 missing: median + flag)
    1 category   sex          (1 missing: own slot)
    """
    rows = []
    for kind, words in _KINDS.items():
        group = [encoding for encoding in encoder.used if encoding.column_kind == kind]
        if group:
            rows.append((counted(len(group), *words), _names([e.name for e in group]), _remarks(group, table)))
    reasons: dict[str, list[str]] = {}
    for encoding in encoder.encodings:
        if isinstance(encoding, LeftOut):
            reasons.setdefault(encoding.reason, []).append(encoding.name)
    for reason, names in reasons.items():
        shown = _names(names)
        rows.append(("left out", shown, f"({f'{len(names)} columns: ' if '...' in shown else ''}{reason})"))
    width = max(len(names) for _, names, _ in rows)
    return [f"{count:<12} {names:<{width}}  {missing}".rstrip() for count, names, missing in rows]


def _names(names: list[str]) -> str:
    listed = ", ".join(names)
    return listed if len(listed) <= _WIDTH or len(names) < 3 else f"{names[0]} ... {names[-1]}"


def _remarks(group: Sequence[Encoding], table: Table) -> str:
    """Say which learn vectors, what dates become, how many values are missing and what stands for them."""
    embedded = [encoding.name for encoding in group if isinstance(encoding, EmbeddedEncoding)]
    parts = [f"learned vectors: {_names(embedded)}"] if embedded else []
    dates = [part for encoding in group if isinstance(encoding, DateEncoding) for part in encoding.parts]
    parts += [f"as {', '.join(dict.fromkeys(dates))}"] if dates else []
    counts: dict[str, int] = {}
    for encoding in group:
        count = int(table.column(encoding.name).missing.sum())
        counts[encoding.missing_becomes] = counts.get(encoding.missing_becomes, 0) + count
    parts += [f"{count:,} missing: {treatment}" for treatment, count in counts.items() if count]
    return f"({'; '.join(parts)})" if parts else ""
