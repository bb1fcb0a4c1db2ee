"""The report: what it holds, its JSON Schema, and its files."""
