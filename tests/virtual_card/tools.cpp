// SPDX-License-Identifier: Apache-2.0
#include "virtual_card/tools.hpp"

#include "crypto/certificate.hpp"
#include "support/desk.hpp"
#include "support/temporary_folder.hpp"

namespace eidtool::tests {

Outcome run_tool(const std::vector<std::string>& words, const std::filesystem::path& folder,
                 const Environment& environment) {
  Program program;
  program.words = words;
  program.environment = environment;
  program.environment["PATH"] = "/usr/bin:/bin";
  program.environment["HOME"] = folder.string();
  program.folder = folder;
  return run(program);
}

bool has_tool(const std::string& name) {
  for (const auto* folder : {"/usr/bin/", "/bin/"}) {
    if (std::filesystem::exists(folder + name)) return true;
  }
  skip(name + " is not installed");
  return false;
}

void write_pem(const std::filesystem::path& file, const Bytes& certificate) {
  write_file(file, crypto::Certificate::from_der(certificate, file.string()).pem());
}

std::string openssl_text(const std::filesystem::path& folder, const Bytes& certificate) {
  write_pem(folder / "shown.pem", certificate);
  return run_tool({"openssl", "x509", "-in", "shown.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus,sname"},
                  folder)
      .output;
}

}  // namespace eidtool::tests
