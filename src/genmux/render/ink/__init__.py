"""The parts of an ink painting: paper, washes of mountains, plants, figures, and ink for borrowed subjects."""
