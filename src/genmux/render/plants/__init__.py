"""What grows: trees, woods, bamboo, flowers and undergrowth."""
