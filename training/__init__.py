"""Train, evaluate and export the systems that mgc-desktop listens with."""
