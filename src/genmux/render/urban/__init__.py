"""What towns are built of: towers, facades, signs, lamps and the people between them."""
