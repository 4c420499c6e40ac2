"""Errors of the evaluation layer.

EvaluationError
└── QuestionsError    a file of questions or a run cannot be used
"""


class EvaluationError(Exception):
    """Base of all evaluation errors; the message is one sentence: what, where, what to do."""


class QuestionsError(EvaluationError):
    """A file of questions or a run cannot be used."""
