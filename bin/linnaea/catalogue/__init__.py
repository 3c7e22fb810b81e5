"""The checkout's own tables: tools, resources, sites, outputs, and the files and pages made from them."""
