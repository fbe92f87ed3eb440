"""`python -m traceability` is the command line."""

from traceability.cli import main

main()
