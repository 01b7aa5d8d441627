"""Reasons of the condition InternalError, which every kind can have."""

from .base import Reason


class InternalReason(Reason):
    """Why the operator gets no further with an object."""

    RECONCILE_FAILED = (
        "ReconcileFailed",
        "The operator has failed three times in a row to work on the object. It goes on trying.",
        "The message has the error, the log of the operator where it came from. Correct the object if it says so.",
    )
    OBJECT_UNUSABLE = (
        "ObjectUnusable",
        "The operator cannot take in the object, and treats it as if it did not exist.",
        "The message says what is wrong; correct or delete the object.",
    )
