"""Objectives, read from a file, and the verdicts over them. Pure but for reading that file."""
