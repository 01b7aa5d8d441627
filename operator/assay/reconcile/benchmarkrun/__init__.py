"""BenchmarkRun: create ScenarioRuns and summarise them."""
