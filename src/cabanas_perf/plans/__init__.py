"""EXPLAIN's trees: read, judged by rules, drawn as shapes and compared; statements counted. Pure."""
