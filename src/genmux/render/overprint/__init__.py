"""What is printed over a picture: the mark and a caption."""

from genmux.render.overprint.printing import Overprint, overprint

__all__ = ["Overprint", "overprint"]
