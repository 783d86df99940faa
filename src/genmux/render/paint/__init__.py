"""Painting: strokes, washes, shaded bodies and the light that falls on them."""
