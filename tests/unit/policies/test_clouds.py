"""Signatures of the clouds: AWS's published example, and botocore and joserfc as second opinions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from policies.clouds import google
from policies.clouds.sigv4 import AwsKeys, Scope, Signable, aws_keys, sign

KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
"""The made-up credentials of AWS's documentation."""
THEN = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize(
    ("request_", "signature"),
    [  # of AWS's signature version 4 test suite: get-vanilla, get-vanilla-query-order-key-case, post-vanilla
        (Signable("GET", "/"), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (
            Signable("GET", "/", "Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (Signable("POST", "/"), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ],
)
def test_the_published_examples(request_: Signable, signature: str) -> None:
    asked = Signable(request_.method, request_.path, request_.query, {"Host": "example.amazonaws.com"})
    added = sign(asked, KEYS, Scope("us-east-1", "service"), THEN)
    assert added["x-amz-date"] == "20150830T123600Z"
    assert added["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


@given(
    model=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60),
    body=st.binary(max_size=200),
    token=st.sampled_from(("", "FwoGZXIvYXdzEXAMPLE")),
)
def test_any_request_is_signed_as_by_botocore(model: str, body: bytes, token: str) -> None:
    host, path = "bedrock-runtime.eu-central-1.amazonaws.com", f"/model/{quote(model, safe='')}/invoke"
    keys = AwsKeys(KEYS.access_key, KEYS.secret_key, token)
    headers = {"host": host, "content-type": "application/json"}
    ours = sign(Signable("POST", path, "", headers, body), keys, Scope("eu-central-1", "bedrock"), THEN)
    theirs = AWSRequest(
        "POST", f"https://{host}{path}", headers={**headers, "X-Amz-Date": ours["x-amz-date"]}, data=body
    )
    theirs.context["timestamp"] = ours["x-amz-date"]
    signer = SigV4Auth(Credentials(keys.access_key, keys.secret_key, token or None), "bedrock", "eu-central-1")
    if token:
        theirs.headers["X-Amz-Security-Token"] = token
    to_sign = signer.string_to_sign(theirs, signer.canonical_request(theirs))
    assert ours["authorization"].endswith(signer.signature(to_sign, theirs))


@pytest.mark.parametrize("text", ["", "AKID", "AKID:", ":secret"])
def test_what_is_no_key_is_told_without_it(text: str) -> None:
    with pytest.raises(ValueError, match="ACCESS_KEY_ID:SECRET_ACCESS_KEY"):
        aws_keys(text)
    assert aws_keys("A:b:c:d") == AwsKeys("A", "b", "c:d")
    assert "wJalr" not in repr(KEYS)


def test_a_service_account_signs_for_its_token() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    told = {"client_email": "sting@p.iam.gserviceaccount.com", "private_key_id": "k1", "private_key": pem}
    text = json.dumps({**told, "token_uri": "https://evil.example/token"})
    account = google.service_account(text)
    form = parse_qs(google.token_request(account, 1_000_000.5).decode())
    assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
    found = jwt.decode(form["assertion"][0], RSAKey.import_key(key.public_key()), algorithms=["RS256"])
    assert found.header == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert found.claims == {
        "iss": told["client_email"],
        "scope": "https://www.googleapis.com/auth/cloud-platform",
        "aud": "https://oauth2.googleapis.com/token",
        "iat": 1_000_000,
        "exp": 1_003_600,
    }
    assert pem[40:80] not in repr(account)
    for wrong in ("", "[]", "{}", json.dumps({**told, "private_key": "x"}), text[:-40]):
        with pytest.raises(ValueError, match="no JSON key of a Google service account") as caught:
            google.service_account(wrong)
        assert "iam.gserviceaccount" not in str(caught.value)
    assert google.token_of(b'{"access_token": "ya29.x", "expires_in": 10}') == ("ya29.x", 10.0)
    for wrong_answer in (b"[]", b'{"access_token": "a\\nb"}', b"{}", b"<html>"):
        with pytest.raises(ValueError):  # noqa: PT011 - json's own text in one case
            google.token_of(wrong_answer)
