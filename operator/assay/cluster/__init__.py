"""Access to the Kubernetes API and to image registries; the only package that imports `kubernetes`."""
