"""Signed records of where a file comes from: facts to a text that cannot be changed unseen, and back.

A record is a JSON object. Its text is `{"provenance": record, "signature": ...}`, with sorted names and no blanks, in
ASCII. The signature is Ed25519 (RFC 8032) over the record's own text, by a key that each studio makes for itself and
keeps in its data folder; the public half stands in the record. Knows no music and no formats of files.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import ProvenanceError
from studio.folder import data_folder

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

START = '{"provenance":'
"""With this every text of a signed record begins."""
KEY = "signing-key.pem"


@dataclass(frozen=True)
class Signed:
    """A record that was read: `genuine` says whether its signature fits it, `key_id` (16 hex digits) who signed it.

    `own`: it was this studio.
    """

    record: Mapping[str, Any]
    genuine: bool
    key_id: str
    own: bool


def sign(facts: Mapping[str, Any]) -> str:
    """The text of the signed record of these facts, which hold what JSON can. ProvenanceError: no key can be made."""
    key = _key()
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    record = {**facts, "key": public}
    signature = base64.b64encode(key.sign(canonical(record))).decode()
    return canonical({"provenance": record, "signature": signature}).decode()


def read(text: str) -> Signed | None:
    """The record of such a text, whoever wrote it; None where it is none at all. Nothing it holds raises."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        whole = json.loads(text)
        record, signature = whole["provenance"], whole["signature"]
        if not isinstance(record, dict):
            return None
        public = base64.b64decode(record["key"], validate=True)
        signed, told = base64.b64decode(signature, validate=True), canonical(record)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signed, told)
    except (InvalidSignature, ValueError):
        return Signed(record, False, _id(public), False)
    own = (data_folder() / KEY).exists() and _key().public_key().public_bytes_raw() == public
    return Signed(record, True, _id(public), own)


def canonical(value: Any) -> bytes:
    """JSON in the one form that is signed and hashed: names sorted, no blanks, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def _id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:16]


def _key() -> Ed25519PrivateKey:
    """The key of this studio, made the first time that it is needed."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = data_folder() / KEY
    try:
        if not path.exists():
            _make(path)
        key = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise ProvenanceError(
            f"Files cannot be signed, because {path} cannot be used ({error.strerror}). "
            "Name another folder by the environment variable STUDIO_DATA."
        ) from error
    except ValueError as error:
        raise ProvenanceError(
            f"The signing key {path} is damaged: put it back, or delete it for a new one to be made; "
            "what the old one signed then counts as another studio's."
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ProvenanceError(f"The signing key {path} is of another kind than Ed25519: delete it for a new one.")
    return key


def _make(path: Path) -> None:
    """Write a new key where there is none; of two processes that do so at once, one wins and both use its key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(scratch, path)  # fails where there is one by now; renaming would not
    except FileExistsError:
        pass
    finally:
        scratch.unlink()
