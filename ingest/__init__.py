"""Files -> documents, pages and passages."""

READING_VERSION = 12  # raise it when a file is read or split differently: all files are then read again
