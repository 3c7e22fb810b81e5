"""Results against the truth of a simulated species."""
