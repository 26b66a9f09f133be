// SPDX-License-Identifier: Apache-2.0
#pragma once

// p11-kit's headers with the names of the standard (CK_…, pStruct->camelCase), PKCS#11 2.40.
#ifndef CRYPTOKI_COMPAT
#define CRYPTOKI_COMPAT 1
#endif
#include <p11-kit/pkcs11.h>
