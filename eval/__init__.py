"""Questions, runs and measures of retrieval quality."""
