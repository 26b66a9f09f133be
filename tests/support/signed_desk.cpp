// SPDX-License-Identifier: Apache-2.0
#include "support/signed_desk.hpp"

#include "support/catch.hpp"

namespace eidtool::tests {

SignedDesk::SignedDesk() : Desk(no_tokens), pki(path("pki")) {
  module_options = {};
  write("doc", "text");
  pki.make("root", {"root", authority()});
  pki.make("sub", {"root", authority()});
  Order ana{"sub"};
  ana.common_name = "Ana Conceição";
  pki.make("ana", ana);
  pki.sign("ana", path("doc"), path("doc.p7s").string(), {"sub"});
  pki.write_list("root", "root.crl");
  pki.write_list("sub", "sub.crl");
}

JsonLine SignedDesk::record(const std::string& line, int status) const {
  const auto outcome = eidtool("verify --json " + line);
  INFO(line << "\n" << outcome.output << outcome.errors);
  CHECK(outcome.status == status);
  const auto lines = json_lines(outcome.output);
  REQUIRE(lines.size() == 1);
  REQUIRE(lines[0].type() == "verification");
  return lines[0];
}

void put_list_into_signature(SignedDesk& desk, const std::string& crl, const std::string& file) {
  REQUIRE(desk.run({"openssl", "crl", "-in", "pki/" + crl, "-outform", "DER", "-out", "sub.der"}).status == 0);
  const auto list = desk.read("sub.der");
  auto signature = desk.read(file);
  // [1] of SignedData goes right before signerInfos, which is the last element: its SET begins where the last
  // SignerInfo's does, less the header.
  const auto dump = desk.run({"openssl", "asn1parse", "-inform", "DER", "-in", file}).output;
  std::size_t at = 0;
  for (const auto& line : lines_of(dump)) {
    if (contains(line, ":d=3 ") && contains(line, "SET")) at = std::stoul(line);
  }
  REQUIRE(at > 0);
  const auto header = [](char tag, std::size_t size) {
    return std::string{tag, static_cast<char>(0x82), static_cast<char>(size >> 8U), static_cast<char>(size & 0xffU)};
  };
  const auto field =
      (list.size() < 256 ? std::string{static_cast<char>(0xa1), static_cast<char>(0x81), static_cast<char>(list.size())}
                         : header(static_cast<char>(0xa1), list.size())) +
      list;
  signature.insert(at, field);
  // The three lengths around it, each of two bytes: ContentInfo, [0], SignedData.
  for (const std::size_t position : {std::size_t{2}, std::size_t{17}, std::size_t{21}}) {
    REQUIRE(signature[position - 1] == static_cast<char>(0x82));
    const auto byte = [&](std::size_t index) { return std::size_t{static_cast<unsigned char>(signature[index])}; };
    const auto size = (byte(position) << 8U) + byte(position + 1) + field.size();
    signature[position] = static_cast<char>(size >> 8U);
    signature[position + 1] = static_cast<char>(size & 0xffU);
  }
  desk.write(file, signature);
}

}  // namespace eidtool::tests
