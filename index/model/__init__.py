"""The embedding model: texts -> vectors and token vectors."""
