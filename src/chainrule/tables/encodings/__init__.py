"""How one column becomes numbers for a network: a file for each treatment, and the rule that chooses one."""

from chainrule.tables.encodings.boolean import BooleanEncoding
from chainrule.tables.encodings.category import CategoryEncoding
from chainrule.tables.encodings.choice import ENCODINGS, fit_encoding
from chainrule.tables.encodings.date import DateEncoding
from chainrule.tables.encodings.embedded import EmbeddedEncoding
from chainrule.tables.encodings.encoding import Encoding
from chainrule.tables.encodings.left_out import LeftOut
from chainrule.tables.encodings.number import NumberEncoding

__all__ = [
    "ENCODINGS",
    "BooleanEncoding",
    "CategoryEncoding",
    "DateEncoding",
    "EmbeddedEncoding",
    "Encoding",
    "LeftOut",
    "NumberEncoding",
    "fit_encoding",
]
