"""What every part stands on: errors, files written whole, records, tables, texts, paths of the checkout."""
