"""Veins and pigment: what a photo shows, pieces of vein, their contrast in both photos, their fate; the same light."""
