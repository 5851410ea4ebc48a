"""Run as a script: trains the tiny network on one and on two logical CPUs, prints how far apart they end."""

import json
from dataclasses import replace

import tensorflow as tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)

from nlp.training.devices import mirrored  # noqa: E402
from tests.nlp.small_training import SETTINGS, largest_difference, tiny_start, train  # noqa: E402

found = []
for objective, dropout in (("proxy", 0.0), ("nca", 0.0), ("proxy", 0.1)):
    settings = replace(SETTINGS, objective=objective, dropout=dropout, epochs=2)
    alone, _ = train(settings)
    shared, report = train(settings, strategy=mirrored(("CPU:0", "CPU:1")))
    found.append(
        {
            "dropout": dropout,
            "apart": largest_difference(alone, shared),
            "moved": largest_difference(alone, tiny_start()),
            "strategy": report.strategy,
            "num_replicas": report.num_replicas,
        }
    )
print(json.dumps(found))
