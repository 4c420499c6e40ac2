"""The web page, rendered on the server; it works without JavaScript."""
