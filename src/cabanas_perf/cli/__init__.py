"""The command line: parse, call one runner, render, exit. Heavy imports wait inside the verbs."""
