"""What a portrait is made of: the sitter, the light, face, hair and clothes."""
