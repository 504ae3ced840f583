"""One contract for all places that sealed objects lie in: a folder, and S3 by moto's server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from connectors.objects import FolderStore, ObjectStore, RemoteStore, StorageFailed, open_store
from policies.settings import load_settings


class ObjectStoreContract:
    """Subclasses bring `store`, which is empty."""

    def test_what_is_put_can_be_got_listed_replaced_and_deleted(self, store: ObjectStore) -> None:
        store.put("jar_1/rows/imp/000000", b"one")
        store.put("jar_1/rows/imp/000001", b"two")
        store.put("jar_10/rows/imp/000000", b"other jar")
        assert store.get("jar_1/rows/imp/000001") == b"two"
        assert store.names("jar_1") == ["jar_1/rows/imp/000000", "jar_1/rows/imp/000001"]
        store.put("jar_1/rows/imp/000000", b"new")
        assert store.get("jar_1/rows/imp/000000") == b"new"
        store.delete("jar_1/rows/imp/000000")
        assert store.names("jar_1") == ["jar_1/rows/imp/000001"]
        assert store.get("jar_10/rows/imp/000000") == b"other jar"

    def test_what_is_not_there_fails_clearly_and_deletes_quietly(self, store: ObjectStore) -> None:
        with pytest.raises(StorageFailed, match=r"storage\.url"):
            store.get("jar_1/rows/none")
        store.delete("jar_1/rows/none")
        assert store.names("jar_9") == []


class TestFolder(ObjectStoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return FolderStore(tmp_path / "jars")

    def test_only_the_owner_can_read(self, tmp_path: Path) -> None:
        FolderStore(tmp_path / "jars").put("a/b/c", b"x")
        for name in ("jars", "jars/a", "jars/a/b", "jars/a/b/c"):
            assert (tmp_path / name).stat().st_mode & 0o077 == 0


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import DomainDispatcherApplication, create_backend_app

    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


class TestS3(ObjectStoreContract):
    @pytest.fixture
    def store(self, endpoint: str, tmp_path: Path) -> ObjectStore:
        import s3fs

        options = {"key": "test", "secret": "test", "client_kwargs": {"endpoint_url": endpoint}}
        bucket = f"bucket-{abs(hash(tmp_path)) % 10**8}"
        s3fs.S3FileSystem(**options).mkdir(bucket)
        return RemoteStore(f"s3://{bucket}/jars", **options)


def test_an_unknown_scheme_is_told(tmp_path: Path) -> None:
    settings = load_settings(
        None, environ={}, overrides={"data_dir": tmp_path, "storage.url": "nonsense://bucket/secret-name"}
    )
    with pytest.raises(StorageFailed) as caught:
        open_store(settings)
    assert "secret-name" not in str(caught.value)
