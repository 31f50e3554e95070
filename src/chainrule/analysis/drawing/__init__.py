"""Drawing: what pictures of networks are made of - a canvas that writes SVG, places for units, colours."""
