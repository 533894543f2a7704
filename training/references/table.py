"""The table of references: what a network has to be better than, to be worth its training."""

from __future__ import annotations

from dataclasses import dataclass

from training.references.classifiers import LOGISTIC, SUPPORT_VECTORS, Classifier

_ALL_LEARNT = "fitted on training and validation tracks together, as there is nothing to stop in time"


@dataclass(frozen=True)
class Reference:
    """A classifier of one vector a track, under a name.

    Parameters
    ----------
    needs_teachers : bool
        Whether the vector is what foreign teachers say; else it is the statistics of hand-crafted features.
    says : str
        What it is, for the table.
    """

    name: str
    classifier: Classifier
    needs_teachers: bool
    says: str


REFERENCES: dict[str, Reference] = {
    reference.name: reference
    for reference in (
        Reference(
            "teachers_lr",
            LOGISTIC,
            True,
            "Logistic regression, scaled and class-balanced, on the tags (as logits) and features of foreign teachers, "
            f"which have heard far more music; {_ALL_LEARNT}.",
        ),
        Reference(
            "handcrafted_svm",
            SUPPORT_VECTORS,
            False,
            "Support vector machine (RBF; C and gamma by grouped cross-validation within what is learnt), "
            "class-balanced, on mean and deviation over time of MFCC, chroma, contrast, roll-off and zero crossings, "
            f"and of their steps; {_ALL_LEARNT}.",
        ),
    )
}
