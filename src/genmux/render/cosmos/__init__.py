"""What is among the stars besides planets."""
