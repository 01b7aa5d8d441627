"""Blueprint: find or build the image."""
