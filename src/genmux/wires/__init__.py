"""One file per wire format, both directions, pure: `parse_*` reads it and `render_*` writes it."""
