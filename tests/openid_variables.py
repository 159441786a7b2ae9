"""The company's provider in tests, which is away until a test starts one of its own."""

OPENID_VARIABLES = {
    "VOICEBOARD_OIDC_ISSUER": "http://127.0.0.1:9/login",
    "VOICEBOARD_OIDC_CLIENT_ID": "voiceboard",
    "VOICEBOARD_OIDC_CLIENT_SECRET": "client-secret-of-the-tests",
    "VOICEBOARD_OIDC_LABEL": "Acme",
}
