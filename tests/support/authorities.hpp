// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "support/temporary_folder.hpp"

namespace eidtool::tests {

/// A moment some days from now.
Time in_days(int days);

/// A certificate to be made.
struct Order {
  std::string issuer;           // name of another one; its own: self-signed
  std::string extensions = {};  // lines of OpenSSL's configuration; empty: an end entity that signs
  Time not_before = in_days(-100);
  Time not_after = in_days(1000);
  std::string common_name = {};  // empty: as its own name
  std::string key = {};          // name of another one, whose key and subject it gets
  std::vector<std::string> key_options = {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"};
  std::string digest = "sha256";
};

/// The extensions of an authority, with what is added.
std::string authority(const std::string& more = {});

/// Certificates, revocation lists and OCSP responses, all made by OpenSSL in a folder of their own.
class Authorities {
 public:
  explicit Authorities(std::filesystem::path folder);

  /// NAME.pem and NAME.key.
  void make(const std::string& name, const Order& order);
  void revoke(const std::string& name, Time at, const std::string& reason = "");
  /// FILE, PEM: what was revoked of those that `issuer` issued. `extensions` of the list.
  void write_list(const std::string& issuer, const std::string& file, const std::string& extensions = {},
                  Time this_update = in_days(-1), Time next_update = in_days(10));
  /// The same, signed over SHA-1.
  void write_sha1_list(const std::string& issuer, const std::string& file);
  /// FILE, DER: what `responder` says about a certificate of `issuer`.
  void write_response(const std::string& about, const std::string& issuer, const std::string& responder,
                      const std::string& file, const std::vector<std::string>& options = {"-ndays", "3"});

  std::filesystem::path path(const std::string& file) const { return folder_ / file; }
  /// A signature of `document` by NAME, CMS in DER, with those certificates inside.
  void sign(const std::string& name, const std::filesystem::path& document, const std::string& file,
            const std::vector<std::string>& with = {}) const;
  /// `openssl WORDS`, in the folder. Throws where that fails.
  void openssl(std::vector<std::string> words) const;
  /// Whether `openssl verify` takes a certificate: what it says.
  bool openssl_accepts(const std::string& name, const std::string& anchor, const std::vector<std::string>& untrusted,
                       const std::vector<std::string>& options = {}) const;

 private:
  struct Made {
    std::string issuer;
    std::string serial;
    std::string subject;
    Time not_after;
    std::string revoked;  // as in OpenSSL's index; empty: not
  };

  void write_index(const std::string& issuer) const;

  std::filesystem::path folder_;
  std::map<std::string, Made> made_;
  unsigned next_serial_ = 0x1000;
};

}  // namespace eidtool::tests
