"""``ab``: two versions of the core, each in processes of its own, measured in interleaved pairs."""
