"""The report of population samples."""
