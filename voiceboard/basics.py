"""Settings that the supervisor needs as well, which does not load Django."""

import os
from pathlib import Path

from catalog.core.private_files import make_private_folder
from voiceboard import env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.read_text("VOICEBOARD_DATA_DIR", str(BASE_DIR / "var"))).resolve()
# Whatever any process of ours writes, SQLite's and Celery's files too, is its owner's alone.
os.umask(0o077)
make_private_folder(DATA_DIR)

# Demo mode: a sandbox stands where the providers are, and Ana, Mia and Sam can sign in.
DEMO = env.read_flag("VOICEBOARD_DEMO", True)
# In demo mode, the people have also cloned, compared, and organized voices (catalog/demo).
DEMO_STORY = DEMO and env.read_flag("VOICEBOARD_DEMO_STORY", True)
# 0.0.0.0 in a container, where only the proxy reaches it.
BIND = env.read_text("VOICEBOARD_BIND", "127.0.0.1")
PORT = env.read_number("VOICEBOARD_PORT", 8000, least=1, most=65535)
SANDBOX_PORT = env.read_number("VOICEBOARD_SANDBOX_PORT", 8900, least=1, most=65535)
