"""The optional language model: it may join quotes, never add to them."""
