"""Other systems on the same passages, model and questions."""
