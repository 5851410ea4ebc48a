"""Run as a script in each process of a TF_CONFIG cluster: trains the tiny network together, prints the result."""

import json
from dataclasses import replace

import tensorflow as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()  # before anything else touches TensorFlow

from tests.nlp.small_training import SETTINGS, train  # noqa: E402

weights, report = train(replace(SETTINGS, objective="nca", epochs=2), strategy=strategy)
print(json.dumps({"num_replicas": report.num_replicas, "sha256": weights.sha256, "losses": report.losses}))
