"""What finished runs become for others: the catalogue of a group, portals, repositories."""
