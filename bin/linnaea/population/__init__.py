"""Population genomics: sites read block by block, and statistics that carry their denominators."""
