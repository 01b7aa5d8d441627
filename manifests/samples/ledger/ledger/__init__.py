"""A small double-entry ledger kept in a plain text file."""
