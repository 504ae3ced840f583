"""Passwords, keys, tokens, connection strings. All values are made up."""

from __future__ import annotations

import pytest

from tests.unit.proxy.detectors.patterns.table import found

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAK\nabc123==\n-----END RSA PRIVATE KEY-----"

POSITIVES = [
    ("PGPASSWORD=hunter2x psql -h db", "SECRET", "hunter2x"),
    ("sshpass -p 'S3cret!pw' ssh me@host", "PASSWORD", "S3cret!pw"),
    ("mysqldump --opt -u root -pZx9kdk2 shop", "PASSWORD", "Zx9kdk2"),
    ("docker login -u annk -p Winter2024! registry.example", "PASSWORD", "Winter2024!"),
    ("redis-cli -h cache -a tr33house ping", "PASSWORD", "tr33house"),
    ("openssl rsa -in key.pem -passin pass:0penSesame", "PASSWORD", "0penSesame"),
    ("tool login --token q8Zr5tYp1 --verbose", "SECRET", "q8Zr5tYp1"),
    ("ldapsearch -x -D cn=admin -w adm1nPw -b dc=x", "PASSWORD", "adm1nPw"),
    ("curl -s -u svc_report:9fJ!kd02 https://api.example/v2", "SECRET", "svc_report:9fJ!kd02"),
    ("password: hunter22", "PASSWORD", "hunter22"),
    ("pwd=S3cret!x", "PASSWORD", "S3cret!x"),
    ("with password Qr7!dke#39", "PASSWORD", "Qr7!dke#39"),
    ('"password": "correct horse battery"', "PASSWORD", "correct horse battery"),
    ("Passwort: Geheim99!", "PASSWORD", "Geheim99!"),
    ("PIN: 4821", "PASSWORD", "4821"),
    ('{"Sid":"cc6a2651-f67d-4e9a-980c-63d72a62f2d3"}', "SECRET", "cc6a2651-f67d-4e9a-980c-63d72a62f2d3"),
    ("from mysql://jdoe@localhost/crm to x", "USERNAME", "jdoe"),
    ("postgresql+asyncpg://svc.report@db-main/crm", "USERNAME", "svc.report"),
    ("jane@example.com / W1nter!2024", "PASSWORD", "W1nter!2024"),
    ("the credentials: build_user/d2J3BgtYdB2, thanks", "PASSWORD", "d2J3BgtYdB2"),
    ("the credentials: build_user/d2J3BgtYdB2, thanks", "USERNAME", "build_user"),
    ("с данными по доступу build_user/d2J3BgtYdB2", "PASSWORD", "d2J3BgtYdB2"),
    ("Zugangsdaten: jdoe / Winter2024!", "PASSWORD", "Winter2024!"),
    ("sk-abcdEFGH1234abcdEFGH1234", "API_KEY", "sk-abcdEFGH1234abcdEFGH1234"),
    ("ghp_" + "a1B2" * 9, "API_KEY", "ghp_" + "a1B2" * 9),
    ("AKIAIOSFODNN7EXAMPLE", "API_KEY", "AKIAIOSFODNN7EXAMPLE"),
    ("use dop_v1_" + "a1b2" * 16, "API_KEY", "dop_v1_" + "a1b2" * 16),
    ("use doo_v1_" + "a1b2" * 16, "API_KEY", "doo_v1_" + "a1b2" * 16),
    ("use dor_v1_" + "a1b2" * 16, "API_KEY", "dor_v1_" + "a1b2" * 16),
    (
        "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123-_x",
        "API_KEY",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123-_x",
    ),
    ("client_secret = 8fK2-xPq91_zLm", "SECRET", "8fK2-xPq91_zLm"),
    ("export API_TOKEN=f81d4fae7dec11d0", "SECRET", "f81d4fae7dec11d0"),
    ("postgres://app:s3cr3t@db.internal:5432/x", "SECRET", "postgres://app:s3cr3t@db.internal:5432/x"),
    (f"key:\n{KEY}\nend", "PRIVATE_KEY", KEY),
]


@pytest.mark.parametrize(("text", "entity_type", "piece"), POSITIVES)
def test_a_secret_is_found_whole(text: str, entity_type: str, piece: str) -> None:
    assert (entity_type, piece) in found(text)


NEGATIVES = [
    "docker run -p 8080:80 -p 127.0.0.1:5432:5432/tcp image; mysql -u root -p shop; redis-cli -p 6379",
    "mkdir -p src/Main2 && docker compose -p Project2 up; export TOKEN=$CI_TOKEN SECRET=SECRET_NAME",
    "pass --token TOKEN or --password=<password>; psql -p 5433; kubectl -p pod",
    "curl -u $USER:$TOKEN https://api.example\ndocker run -u 1000:1000 image",
    "password reset is required, the password must be changed",
    "password = os.environ['PW']; password: str = None",
    "password=${PASSWORD} and token: <your-token>",
    "def login(self, username, password, entity=None):",
    "the token budget is 4096 tokens, key = value",
    "sk-learn and ski-resort, ghp_ and AKIA alone",
    "api_key=YOUR_API_KEY",
    "const PropertyKey = 'RequestAutoRedirect'",
    "-----BEGIN PUBLIC KEY-----",
]


@pytest.mark.parametrize("text", NEGATIVES)
def test_talk_about_secrets_stays(text: str) -> None:
    assert found(text, "PASSWORD", "API_KEY", "SECRET", "PRIVATE_KEY", "SECRET") == []
