"""Tests that change the cluster for everyone: run after the others, one at a time (see the Makefile)."""
