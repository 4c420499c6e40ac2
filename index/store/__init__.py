"""Records and what is derived of them on disk: documents in, a loaded index out."""
