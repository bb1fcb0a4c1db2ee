"""What the launcher raises."""


class EmbeddedError(Exception):
    """A bundled server cannot be had here; the text says why and names the ways out."""
