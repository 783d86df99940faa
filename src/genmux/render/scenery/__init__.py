"""The lie of the land and what is over it: skies, waters, rock, sand and grass."""
