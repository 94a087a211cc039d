"""The classical reading of skin, for when the vein network is missing: ridges in light-free optical density."""
