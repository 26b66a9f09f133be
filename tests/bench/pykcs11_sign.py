# SPDX-License-Identifier: Apache-2.0
"""pykcs11_sign.py MODULE PIN-FILE LIST FOLDER: signs the files of a list, as a script of a dozen lines does."""

import os
import sys

import PyKCS11

module, pin_file, list_file, folder = sys.argv[1:]
library = PyKCS11.PyKCS11Lib()
library.load(module)
session = library.openSession(library.getSlotList(tokenPresent=True)[0])
with open(pin_file) as file:
    session.login(file.read().strip())
key = session.findObjects([(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_ID, (0x45,))])[0]
mechanism = PyKCS11.Mechanism(PyKCS11.CKM_SHA256_RSA_PKCS, None)
with open(list_file) as names:
    for name in names.read().splitlines():
        with open(name, "rb") as document:
            signature = session.sign(key, document.read(), mechanism)
        with open(os.path.join(folder, os.path.basename(name) + ".sig"), "wb") as output:
            output.write(bytes(signature))
