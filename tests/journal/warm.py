"""What each worker would do anew is done once, in the server of forks, before it forks: nobody else imports this file.

The certificates that the system trusts are read once, though the workers speak to loopback without TLS; and the mock's keys
are not proven prime again by every process, which would take 60 ms each.
"""

import ssl
from functools import lru_cache, partial

import certifi
from cryptography.hazmat.primitives import serialization

ssl.create_default_context = lru_cache(ssl.create_default_context)  # type: ignore[assignment]
ssl.create_default_context(cafile=certifi.where())
serialization.load_pem_private_key = partial(serialization.load_pem_private_key, unsafe_skip_rsa_key_validation=True)
