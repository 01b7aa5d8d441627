"""What the reconciles of all kinds use: conditions, decisions and how they are applied, pods."""
