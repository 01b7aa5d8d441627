"""Devbox: a pod on a disk."""
