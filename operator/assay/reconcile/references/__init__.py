"""What objects refer to: images, disks, agents, scorers, scenarios."""
