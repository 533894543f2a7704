"""Sets up the environment that run.py starts the program in. Standard library only, no syntax after Python 3.6."""
