"""A question and its hits -> quoted statements with their citation, or a refusal."""
