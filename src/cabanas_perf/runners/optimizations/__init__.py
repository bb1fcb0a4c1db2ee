"""``optimizations``: the document's nine optimisations, each as a before and an after that really run."""
