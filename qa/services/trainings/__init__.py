"""Trainings as jobs: asked for, run one at a time under a lease, stopped, taken over when their process dies."""
