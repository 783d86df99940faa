"""`python -m genmux` is the command `genmux`."""

from genmux.cli import main

if __name__ == "__main__":
    main()
