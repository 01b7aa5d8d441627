"""Scenario: resolve its references and validate it."""
