"""All settings, read from the environment; invalid values stop the start."""

import socket
import tomllib
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF

import voiceboard.celery  # noqa: F401  (the app that tasks are sent by)
from catalog.audio.tts.weights import engine_is_installed
from catalog.core.private_files import make_private_folder
from catalog.core.transport import queue_url
from catalog.providers.registry import all_infos
from catalog.providers.types import ProviderInfo
from voiceboard import basics, env

BASE_DIR: Path = basics.BASE_DIR
DATA_DIR: Path = basics.DATA_DIR
DEMO, SANDBOX_PORT = basics.DEMO, basics.SANDBOX_PORT
BIND, PORT = basics.BIND, basics.PORT
DEMO_STORY = basics.DEMO_STORY
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
SECRETS_DIR = DATA_DIR / "secrets"
MEDIA_ROOT = DATA_DIR / "media"
# Where media files lie instead: s3://bucket/prefix?endpoint=https://...&region=...
MEDIA_STORE_URL = env.read_bucket("VOICEBOARD_FILES")
# Whether media/ is one folder for all hosts, such as over NFS.
MEDIA_IS_SHARED = env.read_flag("VOICEBOARD_FILES_SHARED", False)
S3_KEY_ID = env.read_text("VOICEBOARD_S3_KEY_ID")
S3_SECRET = env.read_secret("VOICEBOARD_S3_SECRET")

DEBUG = False
SECRET_KEY = env.read_secret("VOICEBOARD_SECRET_KEY") or env.keep_secret(SECRETS_DIR / "secret-key")
MASTER_KEY_FILE = Path(
    env.read_text("VOICEBOARD_MASTER_KEY_FILE", str(SECRETS_DIR / "master-keys.json"))
)

DEMO_PASSWORD_FILE = SECRETS_DIR / "demo-password"
DEMO_PASSWORD_IS_GIVEN = bool(env.read_text("VOICEBOARD_DEMO_PASSWORD"))
DEMO_PASSWORD = env.read_text("VOICEBOARD_DEMO_PASSWORD") or (
    env.keep_secret(DEMO_PASSWORD_FILE, 9) if DEMO else ""
)
_SANDBOX_URL = f"http://127.0.0.1:{SANDBOX_PORT}" if DEMO else ""
# Local speech: off if disabled here, or if its packages aren't installed.
LOCAL = env.read_flag("VOICEBOARD_LOCAL", True) and engine_is_installed()
SPEECH_DIR = DATA_DIR / "speech"
# In the demo, the sandbox generates each preview on request, so prefetch only some per sync.
WARMS_SLOWLY = DEMO
# After a start, the demo's story fetches the previews of the first page first.
WARMS_AFTER_SECONDS = env.read_number(
    "VOICEBOARD_PREFETCH_AFTER_SECONDS", 300 if DEMO_STORY else 0, most=86400
)


def _base_url(info: ProviderInfo) -> str:
    if info.is_built_in:
        return str(SPEECH_DIR)
    sandbox = f"{_SANDBOX_URL}/{info.slug}" if _SANDBOX_URL else info.base_url
    return env.read_text(f"VOICEBOARD_{info.slug.upper()}_BASE_URL", sandbox)


# Providers that are missing here are turned off: hidden, and not used.
PROVIDER_BASE_URLS = {
    info.slug: _base_url(info) for info in all_infos() if LOCAL or not info.is_built_in
}

SAMPLE_MAX_BYTES = env.read_number("VOICEBOARD_SAMPLE_MAX_MB", 25, least=1, most=500) * 1024 * 1024
SYNC_EVERY_MINUTES = env.read_number("VOICEBOARD_SYNC_EVERY_MINUTES", 15, least=1, most=10080)

# The memory limit of one web process for indexes; the least recently used ones are dropped first.
INDEX_DIR = DATA_DIR / "index"
INDEX_MAX_BYTES = env.read_number("VOICEBOARD_INDEX_MAX_MB", 400, least=1, most=100_000) * 1024**2

# The age from which a provider key is reported as old; 0 turns this off.
KEY_AGE_DAYS = env.read_number("VOICEBOARD_KEY_AGE_DAYS", 365, most=36500)

ALLOWED_HOSTS = env.read_list("VOICEBOARD_ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
# The limit of texts per user and minute; cached ones don't count.
SPEECHES_PER_MINUTE = env.read_number("VOICEBOARD_SPEECHES_PER_MINUTE", 30, least=1, most=10_000)
# How long a clone may still appear after its response was lost; 0 uses each provider's own value.
SETTLE_SECONDS = env.read_number("VOICEBOARD_SETTLE_SECONDS", 0, most=86400)
IS_BEHIND_TLS = env.read_flag("VOICEBOARD_BEHIND_TLS", False)
# Where people open Voiceboard, for links in emails; "" if there may be several addresses.
SITE = env.read_site("VOICEBOARD_URL", ALLOWED_HOSTS, is_behind_tls=IS_BEHIND_TLS, port=PORT)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if IS_BEHIND_TLS else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "catalog",
]
# No other site may load our files.
WHITENOISE_ALLOW_ALL_ORIGINS = False

MIDDLEWARE = [
    "catalog.views.health.probes.ProbeMiddleware",
    "catalog.views.middleware.request_id.OriginMiddleware",
    "catalog.views.middleware.programs.ProgramMiddleware",
    "catalog.views.middleware.cookie_names.CookieNameMiddleware",
    "catalog.views.middleware.locales.LocaleMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "catalog.views.middleware.compression.PageCompressionMiddleware",
    "catalog.views.middleware.cache_control.PrivacyMiddleware",
    "csp.middleware.CSPMiddleware",
    "catalog.views.middleware.body_limits.UploadLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "catalog.views.sessions.presence.PresenceMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    # After the CSRF check, whose error message is more precise.
    "catalog.views.middleware.page_team.PageTeamMiddleware",
]
ROOT_URLCONF = "voiceboard.urls"
WSGI_APPLICATION = "voiceboard.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "environment": "catalog.templating.environment.make_environment",
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "catalog.views.context_processors.page_frame",
            ],
        },
    },
    # For allauth's own messages, such as "Password changed".
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    },
]

# Form widgets in the language of all other templates, in half the time.
FORM_RENDERER = "django.forms.renderers.Jinja2"

DATABASES = {
    "default": dj_database_url.parse(
        env.read_secret("DATABASE_URL", f"sqlite:///{DATA_DIR / 'voiceboard.sqlite3'}"),
        # Opening a connection costs half as much as all queries of a request.
        conn_max_age=60,
        conn_health_checks=True,
    )
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL alone makes locking worse: a transaction that reads and then writes fails immediately if
    # another one wrote in between. Taking the write lock first (IMMEDIATE) avoids this.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-5000;"
            "PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;"
            "PRAGMA secure_delete=ON;"
        ),
    }
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # Notice a server that vanished without a word. DATABASE_URL can override these.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Holds the counters of sign-in attempts, which all processes must share.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "catalog_cache",
        # With few entries, a stranger could push out other people's counters.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# Containers often have a new name after each start; this one stays.
HOST_NAME = env.read_text("VOICEBOARD_HOST_NAME", socket.gethostname())
_QUEUE_URL = queue_url(DATA_DIR / "queue")
CELERY_BROKER_URL = env.read_secret("CELERY_BROKER_URL", _QUEUE_URL)
BROKER_IS_EMBEDDED = CELERY_BROKER_URL == _QUEUE_URL

AUTH_USER_MODEL = "catalog.User"
AUTHENTICATION_BACKENDS = ["catalog.views.base.auth_backends.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "catalog.forms.users.passwords.GuessablePasswordValidator"},
]
# More words that are too easy to guess in a password, such as names of projects.
PASSWORD_WORDS = env.read_list("VOICEBOARD_PASSWORD_WORDS", [])
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "catalog:voice-list"
ACCOUNT_ADAPTER = "catalog.views.users.profile.ClosedAccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
# forms/users/rate_limits.py counts them by account and IP address, or by device.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "password": "20/m/ip,5/5m/key",
    "password_known": "10/5m/key",
    "code": "20/m/ip,5/5m/key",
    "code_known": "10/5m/key",
    "code_anywhere": "60/h/key",
    "logout_token": "20/m/ip",
    "reset_password": "20/m/ip",
    "mailed_link": "5/h/key",
    "share_password": "5/5m/key",
    "share_password_anywhere": "60/h/key",
    "share_vote": "60/m/key",
}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "catalog.models.users.ResetTokens"  # noqa: S105  (a class)
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Sensitive actions don't ask for the password again for this long.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 60 * env.read_number(
    "VOICEBOARD_CONFIRM_MINUTES", 15, least=1, most=1440
)
# An emailed link for a new password works as long as the email is retried.
PASSWORD_RESET_TIMEOUT = 24 * 3600
ACCOUNT_FORMS = {"user_token": "catalog.forms.users.setup.ActiveTokenForm"}
# Sign-in by the company's OpenID Provider; see docs/operate/company-sign-in.md.
OIDC_ISSUER = env.read_issuer("VOICEBOARD_OIDC_ISSUER")
OIDC_CLIENT_ID = env.read_text("VOICEBOARD_OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.read_secret("VOICEBOARD_OIDC_CLIENT_SECRET")
OIDC_LABEL = env.read_text("VOICEBOARD_OIDC_LABEL")
OIDC_MAKES_ACCOUNTS = env.read_flag("VOICEBOARD_OIDC_JIT", True)
# Whether passwords are only for accounts made by "manage.py break_glass".
OIDC_ONLY = env.read_flag("VOICEBOARD_OIDC_ONLY", False)
OIDC_TRUSTS_MFA = env.read_flag("VOICEBOARD_OIDC_TRUSTS_MFA", False)
OIDC_UNTYPED_LOGOUT = env.read_flag("VOICEBOARD_OIDC_UNTYPED_LOGOUT", False)
OIDC_SCOPES = env.read_list("VOICEBOARD_OIDC_SCOPES", [])
OIDC_GROUPS_CLAIM = env.read_text("VOICEBOARD_OIDC_GROUPS_CLAIM", "groups")
# Which role in which team a group at the provider gives: (group, team, role).
OIDC_ROLES = env.read_roles("VOICEBOARD_OIDC_ROLES")
env.require_all_or_none(
    VOICEBOARD_OIDC_ISSUER=OIDC_ISSUER,
    VOICEBOARD_OIDC_CLIENT_ID=OIDC_CLIENT_ID,
    VOICEBOARD_OIDC_CLIENT_SECRET=OIDC_CLIENT_SECRET,
    VOICEBOARD_OIDC_LABEL=OIDC_LABEL,
)
env.require_other(
    "VOICEBOARD_OIDC_ISSUER",
    OIDC_ISSUER,
    VOICEBOARD_OIDC_ROLES=OIDC_ROLES,
    VOICEBOARD_OIDC_ONLY=OIDC_ONLY,
    VOICEBOARD_OIDC_TRUSTS_MFA=OIDC_TRUSTS_MFA,
)
if OIDC_ISSUER:
    env.require_extra("sso", "jwt", "VOICEBOARD_OIDC_ISSUER")
    INSTALLED_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    SOCIALACCOUNT_ADAPTER = "catalog.views.users.company_sign_in.CompanyAdapter"
    SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"provider_class": "catalog.views.users.openid.CompanyProvider"}
    }
MFA_ADAPTER = "catalog.views.users.profile.SealedFactorAdapter"
MFA_FORMS = {
    "authenticate": "catalog.forms.users.rate_limits.CodeForm",
    "reauthenticate": "catalog.forms.users.rate_limits.CodeAgainForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
# For every team; otherwise, admins decide.
SECOND_FACTOR_REQUIRED = env.read_flag("VOICEBOARD_SECOND_FACTOR", False)
MFA_TOTP_ISSUER = "Voiceboard"
MFA_ALLOW_UNVERIFIED_EMAIL = True
# Without a mail server nothing is sent; a console backend would write reset links to the log.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
globals().update(env.read_mail_server("VOICEBOARD_MAIL_SERVER"))
EMAIL_TIMEOUT = env.read_number("VOICEBOARD_MAIL_TIMEOUT", 10, least=1, most=60)
DEFAULT_FROM_EMAIL = env.read_text("VOICEBOARD_MAIL_FROM", "voiceboard@localhost")
SENDS_MAIL = bool(env.read_secret("VOICEBOARD_MAIL_SERVER"))
SESSION_ENGINE = "catalog.views.base.auth_backends"
# How long an idle session lasts; views/sessions/presence.py extends it with each use, but not
# those by the company's provider, which decides at each sign-in who may come.
SESSION_COOKIE_AGE = 3600 * env.read_number(
    "VOICEBOARD_SESSION_HOURS", 12 if OIDC_ISSUER else 72, least=1, most=720
)
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
DEVICE_COOKIE_NAME = "__Host-device" if IS_BEHIND_TLS else "device"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_BEHIND_TLS
if IS_BEHIND_TLS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 31536000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.read_flag("VOICEBOARD_HSTS_SUBDOMAINS", False)
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "catalog.views.errors.csrf_failed"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "media-src": [SELF, "blob:"],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
if CSP_REPORT_URL := env.read_text("VOICEBOARD_CSP_REPORT_URL"):
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["report-uri"] = [CSP_REPORT_URL]
# Whom to tell about a vulnerability, in /.well-known/security.txt.
SECURITY_CONTACT = env.read_contact("VOICEBOARD_SECURITY_CONTACT")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.read_text("VOICEBOARD_STATIC_DIR", str(DATA_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "catalog.core.static_files.HashedStaticStorage"},
}
FILE_UPLOAD_HANDLERS = ["catalog.views.middleware.body_limits.UploadFileHandler"]
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
make_private_folder(FILE_UPLOAD_TEMP_DIR)
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# All samples of a voice, one more to be able to reject it, and the proof of consent.
DATA_UPLOAD_MAX_NUMBER_FILES = 12

# Metrics for Prometheus, on a port of their own.
METRICS_BIND = env.read_address("VOICEBOARD_METRICS_BIND")
METRICS_TOKEN = env.read_secret("VOICEBOARD_METRICS_TOKEN")
if METRICS_BIND:
    env.require_extra("metrics", "prometheus_client", "VOICEBOARD_METRICS_BIND")

if _SENTRY_DSN := env.read_secret("VOICEBOARD_SENTRY_DSN"):
    env.require_extra("sentry", "sentry_sdk", "VOICEBOARD_SENTRY_DSN")
    from voiceboard.error_reports import start_sentry

    start_sentry(_SENTRY_DSN, release=f"voiceboard@{VERSION}", server_name=HOST_NAME)

if env.read_text("OTEL_EXPORTER_OTLP_ENDPOINT"):
    env.require_extra("otel", "opentelemetry", "OTEL_EXPORTER_OTLP_ENDPOINT")
    from voiceboard import traces

    traces.start_tracing(VERSION, HOST_NAME)
    # Inside of the probes, which nobody wants to see, and around all else.
    MIDDLEWARE.insert(1, traces.MIDDLEWARE)

DEFAULT_EXCEPTION_REPORTER = "catalog.views.errors.PlainExceptionReporter"
LOGS_JSON = env.read_choice("VOICEBOARD_LOG", "text", "json") == "json"
_TEXT_LINE = {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
_JSON_LINE = {"()": "voiceboard.log_lines.JsonFormatter"}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": _JSON_LINE if LOGS_JSON else _TEXT_LINE},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # At INFO and DEBUG, these log full URLs and headers, including keys.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
