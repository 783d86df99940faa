"""The parts of an ink painting: paper, mountains, plants, figures, and ink for borrowed subjects."""
