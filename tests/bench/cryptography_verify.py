# SPDX-License-Identifier: Apache-2.0
"""cryptography_verify.py KEY LIST: checks NAME.sig for each file of a list, as a script of a dozen lines does."""

import sys

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

with open(sys.argv[1], "rb") as file:
    key = load_pem_public_key(file.read())
with open(sys.argv[2]) as names:
    for name in names.read().splitlines():
        with open(name, "rb") as document, open(name + ".sig", "rb") as signature:
            key.verify(signature.read(), document.read(), PKCS1v15(), SHA256())
        print(name, "valid")
