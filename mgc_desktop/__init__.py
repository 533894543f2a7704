"""mgc-desktop: hears what kind of music something is."""

__version__ = "0.1.0"
