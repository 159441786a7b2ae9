"""OpenID Connect with the company's provider: allauth's flow, with the checks that it leaves out.

allauth sends no nonce, reads the provider's configuration on each sign-in, and trusts an ID token
that came from the token endpoint without checking its signature.
"""

import hashlib
import logging
import math
import time
from typing import Any
from urllib.parse import quote_plus

import jwt
import requests
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables

from catalog.core.web_addresses import is_private_route

_LOG = logging.getLogger(__name__)
PROVIDER_ID = "company"
# https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_KEPT_SECONDS = 3600
_TIMEOUT_SECONDS = 5
# The provider's clock may differ by this much.
_LEEWAY_SECONDS = 60
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
# Signatures by the provider's private key only: with HS256, a leaked client secret could sign.
_ALGORITHMS = [f"{kind}{bits}" for kind in ("RS", "PS", "ES") for bits in (256, 384, 512)]


class ProviderSession(requests.Session):
    """Calls the provider: with a timeout, without redirects, and never unencrypted."""

    def request(self, method: str, url: str, **values: Any) -> requests.Response:  # type: ignore[override]
        """Send a request. Raises RequestException, also for an address that isn't https."""
        if not is_private_route(url):
            raise requests.RequestException("The address isn't https.")
        values |= {"timeout": _TIMEOUT_SECONDS, "allow_redirects": False}
        response = super().request(method, url, **values)
        if response.is_redirect:
            raise requests.RequestException("The provider's answer leads elsewhere.")
        return response


def read_configuration() -> dict[str, Any]:
    """Return the provider's published configuration, at most an hour old.

    Raises RequestException or OAuth2Error.
    """
    issuer = settings.OIDC_ISSUER
    name = f"openid-configuration:{hashlib.sha256(issuer.encode()).hexdigest()}"
    kept: dict[str, Any] | None = cache.get(name)
    if kept is None:
        kept = _fetch_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if kept.get("issuer") != issuer:
            raise OAuth2Error("The provider's configuration names another issuer.")
        if not all(is_private_route(str(kept.get(key))) for key in _NEEDED):
            raise OAuth2Error("The provider's configuration lacks an https address.")
        cache.set(name, kept, _KEPT_SECONDS)
    return kept


def _fetch_json(url: str, **values: Any) -> dict[str, Any]:
    with ProviderSession() as session:
        response = session.get(url, **values)
        response.raise_for_status()
        found = response.json()
    if not isinstance(found, dict):
        raise OAuth2Error("The provider's answer isn't an object.")
    return found


@sensitive_variables()
def read_token(token: str, *, needed: list[str], typ: str = "") -> dict[str, Any]:
    """Return the claims of a token that the provider signed for us; raises OAuth2Error.

    With ``typ``, the token's header must name this type.
    """
    try:
        header = jwt.get_unverified_header(token)
        if typ and str(header.get("typ")).lower().removeprefix("application/") != typ:
            raise OAuth2Error(f"The token isn't of type {typ}.")
        keys = _fetch_json(read_configuration()["jwks_uri"])
        claims: dict[str, Any] = jwt.decode(
            token,
            _find_key(jwt.PyJWKSet.from_dict(keys), header),
            algorithms=_ALGORITHMS,
            issuer=settings.OIDC_ISSUER,
            audience=settings.OIDC_CLIENT_ID,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "iat", *needed]},
        )
    except (jwt.PyJWTError, AttributeError, TypeError, ValueError) as exc:
        raise OAuth2Error(f"The token can't be trusted: {type(exc).__name__}.") from None
    if claims.get("azp", settings.OIDC_CLIENT_ID) != settings.OIDC_CLIENT_ID:
        raise OAuth2Error("The token was made for another application.")
    return claims


@sensitive_variables()
def read_logout(token: str) -> dict[str, Any]:
    """Return the claims of a logout token that wasn't used yet; raises OAuth2Error.

    https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation
    """
    typ = "" if settings.OIDC_UNTYPED_LOGOUT else "logout+jwt"
    claims = read_token(token, needed=["exp", "jti"], typ=typ)
    events = claims.get("events")
    is_logout = isinstance(events, dict) and isinstance(events.get(_LOGOUT), dict)
    if not is_logout or "nonce" in claims or not (claims.get("sub") or claims.get("sid")):
        raise OAuth2Error("This isn't a logout token.")
    if cache.get(_name_logout(claims)):
        raise OAuth2Error("This logout token was used before.")
    return claims


def spend_logout(claims: dict[str, Any]) -> None:
    """Make sure that this logout token isn't accepted again for as long as it's valid."""
    left = claims["exp"] - time.time() + _LEEWAY_SECONDS
    cache.set(_name_logout(claims), True, math.ceil(left) + 1)


def _name_logout(claims: dict[str, Any]) -> str:
    return f"logout-token:{hashlib.sha256(str(claims['jti']).encode()).hexdigest()}"


def _find_key(keys: jwt.PyJWKSet, header: dict[str, Any]) -> jwt.PyJWK:
    # A provider with one key may leave out its ID.
    kid = header.get("kid")
    found = [key for key in keys.keys if kid is None or key.key_id == kid]
    if len(found) != 1:
        raise OAuth2Error("The token is signed by an unknown key.")
    return found[0]


def identify_person(issuer: str, subject: str) -> str:
    """Return what identifies a person: issuer and subject, as one value of a fixed length."""
    return hashlib.sha256(f"{len(issuer)}:{issuer}{subject}".encode()).hexdigest()


# What providers send as acr; https://www.rfc-editor.org/rfc/rfc8176#section-2 defines amr.
_FACTOR_CONTEXTS = {
    "phr",
    "phrh",
    "urn:okta:loa:2fa:any",
    "https://refeds.org/profile/mfa",
    "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
}


def proves_factor(claims: dict[str, Any]) -> bool:
    """Return whether an ID token says that the provider asked for a second factor."""
    methods, context = claims.get("amr"), claims.get("acr")
    has_method = isinstance(methods, list) and "mfa" in methods
    return has_method or (isinstance(context, str) and context in _FACTOR_CONTEXTS)


class GroupsElsewhere(OAuth2Error):  # type: ignore[misc]
    """The person is in so many groups that the provider sends a link in their place."""


def read_groups(said: dict[str, Any]) -> set[str]:
    """Return the groups in what the provider said about a person.

    Raises GroupsElsewhere, and OAuth2Error for a claim of another shape.
    """
    claim = settings.OIDC_GROUPS_CLAIM
    # https://openid.net/specs/openid-connect-core-1_0.html#AggregatedDistributedClaims and
    # https://learn.microsoft.com/en-us/entra/identity-platform/id-token-claims-reference
    elsewhere = said.get("_claim_names") or {}
    if said.get("hasgroups") or claim in elsewhere or claim.partition(".")[0] in elsewhere:
        raise GroupsElsewhere("The groups aren't in the token.")
    value = said.get(claim) if claim in said else _follow(said, claim.split("."))
    if value is None:
        # Some providers leave it out for people in no group, so this is no error.
        _LOG.warning("The provider sent no groups for someone, as claim %s.", claim)
    values = [value] if isinstance(value, str) else value or []
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise OAuth2Error("The groups aren't a list of words.")
    return set(values)


def _follow(said: Any, names: list[str]) -> Any:
    for name in names:
        said = said.get(name) if isinstance(said, dict) else None
    return said


class CompanyOAuth2Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Fetches and checks what the provider says about a person."""

    _nonce = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's configuration."""
        return read_configuration()

    @property
    def basic_auth(self) -> bool:
        """Whether the client's secret goes into a header, as it does by default."""
        methods = read_configuration().get("token_endpoint_auth_methods_supported")
        return "client_secret_post" not in (methods or ["client_secret_basic"])

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return the address that the provider sends people back to."""
        return request.build_absolute_uri(reverse("company_callback"))

    @sensitive_variables()
    def get_access_token_data(
        self, request: HttpRequest, app: SocialApp, client: Any, pkce_code_verifier: str = ""
    ) -> dict[str, Any]:
        """Trade the code for tokens, and remember which nonce the ID token must have."""
        self._nonce = make_nonce(pkce_code_verifier)
        if self.basic_auth:
            # https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
            client.consumer_key = quote_plus(client.consumer_key)
            client.consumer_secret = quote_plus(client.consumer_secret)
        found: dict[str, Any] = super().get_access_token_data(
            request, app, client, pkce_code_verifier=pkce_code_verifier
        )
        return found

    @sensitive_variables()
    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **values: Any
    ) -> SocialLogin:
        """Return who signs in; raises OAuth2Error if the tokens don't fit together."""
        claims = read_token(str(values["response"].get("id_token", "")), needed=["exp", "sub"])
        if not constant_time_compare(str(claims.get("nonce", "")), self._nonce):
            raise OAuth2Error("The ID token belongs to another sign-in.")
        person = claims
        if "userinfo_endpoint" in self.openid_config:
            headers = {"Authorization": f"Bearer {token.token}"}
            person = _fetch_json(self.profile_url, headers=headers)
        if person.get("sub") != claims["sub"]:
            raise OAuth2Error("The provider's answers are about two people.")
        said = {"id_token": claims, "userinfo": {**claims, **person}}
        login = self.get_provider().sociallogin_from_response(request, said)
        # What is said about the person is used for this sign-in, and not stored.
        login.person = said["userinfo"]
        login.has_factor = proves_factor(claims)
        return login


def make_nonce(code_verifier: str) -> str:
    """Return the nonce of a sign-in, which follows from its code verifier and doesn't reveal it."""
    return hashlib.sha256(f"nonce {code_verifier}".encode()).hexdigest()


class CompanyProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """The company's provider."""

    oauth2_adapter_class = CompanyOAuth2Adapter

    def get_default_scope(self) -> list[str]:
        """Return what Voiceboard asks to know about the person."""
        return [*super().get_default_scope(), *settings.OIDC_SCOPES]

    def get_pkce_params(self) -> dict[str, Any]:
        """Return what binds the answer to this sign-in: PKCE with S256, and a nonce."""
        params: dict[str, Any] = generate_code_challenge()
        return {**params, "nonce": make_nonce(params["code_verifier"])}

    def extract_uid(self, data: dict[str, Any]) -> str:
        """Return what identifies the person, which is never the email address."""
        return identify_person(data["id_token"]["iss"], data["id_token"]["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return what is stored: only the identity, and its session at the provider."""
        claims = data["id_token"]
        return {"iss": claims["iss"], "sub": claims["sub"], "sid": str(claims.get("sid", ""))}
