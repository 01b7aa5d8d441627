"""Models to CustomResourceDefinitions and reference; knows none of our kinds."""
