"""What the nodes of the cluster can mount."""
