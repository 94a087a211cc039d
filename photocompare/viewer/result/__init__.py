"""A result on the screen: numbers, pictures, tools."""
