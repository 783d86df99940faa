"""Small pictures that move by themselves and are drawn only where they are."""
