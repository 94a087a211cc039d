"""The leg in one photo: skin, limbs, what hides it, field, scale, quality."""
