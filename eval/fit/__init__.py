"""What is fitted on judged questions: adapter, weights and thresholds."""
