"""The report of one genome: a single HTML file made from metrics records."""
