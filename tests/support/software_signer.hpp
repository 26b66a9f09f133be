// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "base/signer.hpp"

namespace eidtool::tests {

/// A Signer with a key of tests/vectors in memory, signing by Botan: what a token does, without one.
class SoftwareSigner : public Signer {
 public:
  /// Signs with `key`, and says that its certificate is the one of `certificate_key`.
  SoftwareSigner(const std::string& key, const std::string& certificate_key);
  explicit SoftwareSigner(const std::string& key) : SoftwareSigner(key, key) {}
  ~SoftwareSigner() override;

  KeyType key_type() const override;
  const Bytes& certificate() const override { return certificate_; }
  std::size_t max_signature_size() const override;
  Bytes sign(const SignatureAlgorithm& algorithm, Message& message) override;

  /// The document goes to the signer piece by piece instead of as a digest.
  bool streams = false;

 private:
  struct State;
  std::unique_ptr<State> state_;
  Bytes certificate_;
};

}  // namespace eidtool::tests
