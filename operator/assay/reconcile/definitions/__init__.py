"""Agent, Scorer and Benchmark: definitions without children."""
