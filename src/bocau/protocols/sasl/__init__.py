"""SASL mechanisms as pure state machines (RFC 4422): PLAIN, LOGIN, SCRAM on both sides; OAUTHBEARER, XOAUTH2
and EXTERNAL for servers.

    server: respond(client bytes) → Challenge | Claim (name, password) | TokenClaim | authzid | ScramProof
    client: respond(challenge) → bytes

Door: the mechanisms, `decode_response`, `prepare_password`, `derive_keys`.
"""

from bocau.protocols.sasl.bearer import REFUSALS, BearerServer, TokenClaim
from bocau.protocols.sasl.client import ClientMechanism, LoginClient, PlainClient, ScramClient, best_client
from bocau.protocols.sasl.encoding import RESPONSE_BYTES_MAX, decode_initial_response, decode_response, encode
from bocau.protocols.sasl.external import ExternalServer
from bocau.protocols.sasl.login import LoginServer
from bocau.protocols.sasl.plain import PlainServer
from bocau.protocols.sasl.preparation import opaque_string, saslprep
from bocau.protocols.sasl.scram import (
    SCRAM_HASHES,
    DerivedKeys,
    ScramProof,
    ScramServer,
    derive_keys,
)
from bocau.protocols.sasl.values import Challenge, Claim

__all__ = [
    "REFUSALS",
    "RESPONSE_BYTES_MAX",
    "SCRAM_HASHES",
    "BearerServer",
    "Challenge",
    "Claim",
    "ClientMechanism",
    "DerivedKeys",
    "ExternalServer",
    "LoginClient",
    "LoginServer",
    "PlainClient",
    "PlainServer",
    "ScramClient",
    "ScramProof",
    "ScramServer",
    "TokenClaim",
    "best_client",
    "decode_initial_response",
    "decode_response",
    "derive_keys",
    "encode",
    "opaque_string",
    "saslprep",
]
