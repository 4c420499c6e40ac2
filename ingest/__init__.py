"""Files -> documents, pages and passages."""
