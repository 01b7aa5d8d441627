"""ScenarioRun: pin, run the agent, score, keep the disk."""
