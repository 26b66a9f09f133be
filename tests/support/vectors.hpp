// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "crypto/certificate.hpp"

namespace eidtool::tests {

/// What OpenSSL made: a file of tests/vectors, as the script `make` there names it.
std::filesystem::path vector_path(const std::string& name);
Bytes vector_bytes(const std::string& name);

/// `rsa2048`: the certificate `rsa2048.pem`, and the key in it.
crypto::Certificate vector_certificate(const std::string& key);
crypto::PublicKey vector_public_key(const std::string& key);

/// The Error that `deed` throws. Fails the test where it throws none.
Error error_of(const std::function<void()>& deed);

Bytes hex(std::string_view text);

}  // namespace eidtool::tests
