"""DiskSnapshot: freeze a disk and keep it."""
