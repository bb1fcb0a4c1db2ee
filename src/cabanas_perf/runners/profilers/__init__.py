"""Profilers behind one seam. What they slow down is printed, and no percentile comes from there."""
