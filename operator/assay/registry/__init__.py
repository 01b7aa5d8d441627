"""A reader of image registries."""
