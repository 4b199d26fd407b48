"""`python -m bocau` is `bocau`."""

from bocau.cli import main

if __name__ == "__main__":
    main()
