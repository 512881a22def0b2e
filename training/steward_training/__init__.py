"""Trains the models that Steward's inference and triage engines load."""
