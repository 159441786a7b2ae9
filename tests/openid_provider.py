"""An OpenID Provider in this process, which can misbehave."""

import base64
import hashlib
import json
import secrets
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CLIENT, SECRET = "voiceboard", "client-secret-of-the-tests"


class Provider:
    """The people who can sign in, and how it misbehaves."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://127.0.0.1:{port}/login"
        self.person: dict[str, Any] = {
            "sub": "u-1",
            "email": "Nora@example.com",
            "email_verified": True,
            "name": "Nora Novak",
        }
        self.claims: dict[str, Any] = {}  # in place of those of the ID token
        self.userinfo: dict[str, Any] = {}  # in place of those of userinfo
        self.configuration: dict[str, Any] = {}
        self.key = KEY
        self.calls: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}

    def authorize(self, address: str) -> str:
        """Return the way back from the page to which Voiceboard sent somebody."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["code_challenge_method"] == "S256"
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return f"{urlsplit(asked['redirect_uri']).path}?code={code}&state={asked['state']}"

    def make_logout(self, typ: str = "logout+jwt", **changed: Any) -> str:
        """Return a logout token."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "jti": secrets.token_hex(8),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            "sub": self.person["sub"],
            **changed,
        }
        stated = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(stated, self.key, algorithm="RS256", headers={"kid": "1", "typ": typ})

    def answer(self, path: str, headers: Any, form: dict[str, str]) -> tuple[int, Any]:
        self.calls.append(path)
        if path == "/login/.well-known/openid-configuration":
            pages = {
                name: f"{self.issuer}/{page}"
                for name, page in [
                    ("authorization_endpoint", "authorize"),
                    ("token_endpoint", "token"),
                    ("userinfo_endpoint", "me"),
                    ("jwks_uri", "keys"),
                ]
            }
            return 200, {"issuer": self.issuer, **pages, **self.configuration}
        if path == "/login/keys":
            public = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
            return 200, {"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]}
        if path == "/login/me":
            return 200, {**self.person, **self.userinfo}
        return self._trade(headers, form)

    def _trade(self, headers: Any, form: dict[str, str]) -> tuple[int, Any]:
        coded = headers.get("Authorization", "").removeprefix("Basic ")
        client = [unquote_plus(part) for part in base64.b64decode(coded).decode().split(":")]
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if client != [CLIENT, SECRET] or not asked or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "auth_time": now,
            "sub": self.person["sub"],
            "nonce": asked["nonce"],
            **self.claims,
        }
        token = jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "1"})
        return 200, {
            "access_token": "access-token-in-secret",
            "token_type": "Bearer",
            "id_token": token,
        }


@contextmanager
def running_provider():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = parse_qs(self.rfile.read(length).decode())
            fields = {name: values[0] for name, values in form.items()}
            status, content = provider.answer(urlsplit(self.path).path, self.headers, fields)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *values: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider = Provider(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
