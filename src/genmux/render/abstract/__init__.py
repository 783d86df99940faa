"""Pictures of nothing: orbs, cut waves, ribbons of light and crystal, beside the silk."""
