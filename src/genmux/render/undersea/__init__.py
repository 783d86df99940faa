"""What is under water: light, sea floors, coral and sunken things."""
