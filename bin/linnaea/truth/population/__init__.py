"""Population statistics against the truth of a simulated cohort."""
