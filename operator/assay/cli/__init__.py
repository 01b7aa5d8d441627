"""The command `assay`: what people start, follow and read from their own machine. Each command has a file."""
