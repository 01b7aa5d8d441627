"""One file a kind: read → decide (pure) → act. Policies are small pure functions of observed objects."""
