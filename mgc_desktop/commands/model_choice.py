"""What `classify` and `listen` share: a classifier, and the model that the arguments mean."""

from __future__ import annotations

import argparse

from mgc_desktop.commands.console import open_profile
from mgc_desktop.core.logs import setup_logging
from mgc_desktop.core.settings import Settings
from mgc_desktop.engine.choice import MODEL_SETTING, ModelChoice, choose_model
from mgc_desktop.engine.classifier import Classifier
from mgc_desktop.engine.loop import EventSink
from mgc_desktop.model.trust import TrustStore

NO_MODEL = "No model could be loaded, so nothing was heard: name a model folder with --model."


def choose_classifier(args: argparse.Namespace, tell: EventSink) -> tuple[Classifier, ModelChoice]:
    """Open the profile and its log; return a classifier that is not started yet, and what it is to load.

    Raises
    ------
    UsageError
        Where the profile's folder can't be made.
    """
    profile = open_profile(args.profile)
    setup_logging(profile, args.verbose)
    choice = choose_model(profile, args.model, Settings(profile.settings_file).get(MODEL_SETTING, None))
    if args.model:
        choice = ModelChoice(choice.folder, None)  # who names a model wants that one or none
    return Classifier(TrustStore(profile.trusted_file), tell), choice
