"""Settings of the tests: the real ones, in a folder that goes away."""

import atexit
import os
import shutil
import tempfile

os.environ["HANGJIA_VAR"] = tempfile.mkdtemp(prefix="hangjia-test-")
atexit.register(shutil.rmtree, os.environ["HANGJIA_VAR"], ignore_errors=True)
os.environ["SECRET_KEY"] = "not secret: tests only"

from qa.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TRAINING_LEASE_S = 600  # no heartbeat wakes up within a test that has a transaction open
CELERY_BROKER_URL = "memory://"  # what is sent is kept in this process; no worker runs it
# Only real servers are asked for files. Each client of the tests would list them all before its first request, and the
# one middleware that is async would send every request through two threads.
MIDDLEWARE = [name for name in MIDDLEWARE if "servestatic" not in name]  # noqa: F405
