"""What `assay doctor` looks at: facts of the cluster, and what they mean. Only facts.py does I/O."""
