"""Allows `python -m api`."""

from api.cli.main import main

main()
