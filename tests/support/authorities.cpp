// SPDX-License-Identifier: Apache-2.0
#include "support/authorities.hpp"

#include <cstdlib>
#include <stdexcept>

#include "support/process.hpp"

namespace eidtool::tests {

namespace {

/// `261123093000Z`, and with the century.
std::string openssl_time(Time time, bool with_century) {
  std::string text;
  for (const char c : to_rfc3339(time)) {
    if (c != '-' && c != ':' && c != 'T') text += c;
  }
  return with_century ? text : text.substr(2);
}

const char* const configuration =
    "[req]\ndistinguished_name=name\nprompt=no\nutf8=yes\n[name]\n"
    "[ca]\ndefault_ca=own\n[own]\ndatabase=index\nserial=serial\nnew_certs_dir=.\npolicy=any\nunique_subject=no\n"
    "default_md=sha256\nemail_in_dn=yes\n[any]\ncountryName=optional\norganizationName=optional\n"
    "organizationalUnitName=optional\ncommonName=optional\nemailAddress=optional\n";

}  // namespace

Time in_days(int days) {
  static const Time start = now();
  return start + std::chrono::days(days);
}

std::string authority(const std::string& more) {
  return "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n" + more;
}

Authorities::Authorities(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::filesystem::create_directories(folder_);
  write_file(folder_ / "configuration", configuration);
}

void Authorities::openssl(std::vector<std::string> words) const {
  words.insert(words.begin(), "openssl");
  Program program;
  program.words = words;
  program.environment = {{"PATH", std::getenv("PATH")}};
  program.folder = folder_;
  const auto outcome = run(program);
  if (outcome.status == 0) return;
  std::string line;
  for (const auto& word : words) line += word + " ";
  throw std::runtime_error(line + "failed: " + outcome.output + outcome.errors);
}

void Authorities::make(const std::string& name, const Order& order) {
  const auto common_name = order.common_name.empty() ? name : order.common_name;
  const auto subject = order.key.empty() ? "/C=PT/O=Testes/CN=" + common_name : made_.at(order.key).subject;
  if (order.key.empty()) {
    std::vector<std::string> words = {"genpkey", "-quiet", "-out", name + ".key"};
    words.insert(words.end(), order.key_options.begin(), order.key_options.end());
    openssl(words);
  } else {
    std::filesystem::copy_file(path(order.key + ".key"), path(name + ".key"));
  }
  openssl({"req", "-new", "-config", "configuration", "-key", name + ".key", "-subj", subject, "-utf8", "-out",
           name + ".csr"});
  const bool is_self_signed = order.issuer == name;
  write_file(path("extensions"), order.extensions.empty()
                                     ? "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,nonRepudiation\n"
                                     : order.extensions);
  write_file(path("index"), "");
  const auto serial = std::to_string(next_serial_++);
  write_file(path("serial"), serial + "\n");
  std::vector<std::string> words = {"ca",
                                    "-batch",
                                    "-config",
                                    "configuration",
                                    "-in",
                                    name + ".csr",
                                    "-out",
                                    name + ".pem",
                                    "-notext",
                                    "-extfile",
                                    "extensions",
                                    "-md",
                                    order.digest,
                                    "-startdate",
                                    openssl_time(order.not_before, true),
                                    "-enddate",
                                    openssl_time(order.not_after, true),
                                    "-keyfile",
                                    (is_self_signed ? name : order.issuer) + ".key"};
  if (is_self_signed) {
    words.push_back("-selfsign");
  } else {
    words.insert(words.end(), {"-cert", order.issuer + ".pem"});
  }
  openssl(words);
  made_[name] = {order.issuer, serial, subject, order.not_after, ""};
}

void Authorities::revoke(const std::string& name, Time at, const std::string& reason) {
  made_.at(name).revoked = openssl_time(at, false) + (reason.empty() ? "" : "," + reason);
}

void Authorities::write_index(const std::string& issuer) const {
  std::string lines;
  for (const auto& [name, made] : made_) {
    if (made.issuer != issuer) continue;
    lines += (made.revoked.empty() ? "V" : "R") + std::string("\t") + openssl_time(made.not_after, false) + "\t" +
             made.revoked + "\t" + made.serial + "\tunknown\t" + made.subject + "\n";
  }
  write_file(path("index"), lines);
}

void Authorities::write_list(const std::string& issuer, const std::string& file, const std::string& extensions,
                             Time this_update, Time next_update) {
  write_index(issuer);
  write_file(path("list"), std::string(configuration) + "[list]\nauthorityKeyIdentifier=keyid\n" + extensions);
  openssl({"ca", "-gencrl", "-config", "list", "-crlexts", "list", "-cert", issuer + ".pem", "-keyfile",
           issuer + ".key", "-crl_lastupdate", openssl_time(this_update, true), "-crl_nextupdate",
           openssl_time(next_update, true), "-out", file});
}

void Authorities::write_sha1_list(const std::string& issuer, const std::string& file) {
  write_index(issuer);
  openssl({"ca", "-gencrl", "-config", "configuration", "-md", "sha1", "-cert", issuer + ".pem", "-keyfile",
           issuer + ".key", "-crldays", "10", "-out", file});
}

void Authorities::write_response(const std::string& about, const std::string& issuer, const std::string& responder,
                                 const std::string& file, const std::vector<std::string>& options) {
  write_index(made_.at(about).issuer);
  openssl({"ocsp", "-issuer", issuer + ".pem", "-cert", about + ".pem", "-no_nonce", "-reqout", "request"});
  std::vector<std::string> words = {
      "ocsp",  "-index",           "index",  "-CA",     issuer + ".pem", "-rsigner", responder + ".pem",
      "-rkey", responder + ".key", "-reqin", "request", "-respout",      file};
  words.insert(words.end(), options.begin(), options.end());
  openssl(words);
}

void Authorities::sign(const std::string& name, const std::filesystem::path& document, const std::string& file,
                       const std::vector<std::string>& with) const {
  std::vector<std::string> words = {"cms",     "-sign",       "-binary", "-cades",      "-in",      document.string(),
                                    "-signer", name + ".pem", "-inkey",  name + ".key", "-outform", "DER",
                                    "-out",    file};
  std::string bundle;
  for (const auto& one : with) bundle += read_file(path(one + ".pem"));
  if (!bundle.empty()) {
    write_file(path("bundle"), bundle);
    words.insert(words.end(), {"-certfile", "bundle"});
  }
  openssl(words);
}

bool Authorities::openssl_accepts(const std::string& name, const std::string& anchor,
                                  const std::vector<std::string>& untrusted,
                                  const std::vector<std::string>& options) const {
  std::string bundle;
  for (const auto& one : untrusted) bundle += read_file(path(one + ".pem"));
  write_file(path("bundle"), bundle);
  Program program;
  program.words = {"openssl", "verify", "-CAfile", anchor + ".pem", "-no-CApath", "-no-CAstore"};
  if (!bundle.empty()) program.words.insert(program.words.end(), {"-untrusted", "bundle"});
  program.words.insert(program.words.end(), options.begin(), options.end());
  program.words.push_back(name + ".pem");
  program.environment = {{"PATH", std::getenv("PATH")}};
  program.folder = folder_;
  return run(program).status == 0;
}

}  // namespace eidtool::tests
