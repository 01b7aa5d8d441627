"""What `assay lint` checks, without a cluster."""
