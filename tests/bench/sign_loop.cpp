// SPDX-License-Identifier: Apache-2.0
// sign-loop MODULE PIN-FILE LIST FOLDER [check]: what signing the files of a list costs at least. It reads each, calls
// C_Sign and writes the signature; with "check" it also checks each with the key of the certificate. The benchmark
// holds eidtool against it.
#include <dlfcn.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "crypto/certificate.hpp"
#include "crypto/digest.hpp"
#include "pkcs11/cryptoki.hpp"

namespace {

using eidtool::Bytes;

constexpr CK_BYTE key_id = 0x45;  // the pair for authentication of a virtual citizen

Bytes read(const std::string& name) {
  std::ifstream file(name, std::ios::binary | std::ios::ate);
  if (!file) throw std::runtime_error("cannot read " + name);
  Bytes bytes(static_cast<std::size_t>(file.tellg()));
  file.seekg(0).read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

void check(CK_RV rv, const std::string& function) {
  if (rv != CKR_OK) throw std::runtime_error(function + " answered " + std::to_string(rv));
}

class Loop {
 public:
  Loop(const std::string& module, const std::string& pin_file) {
    void* library = ::dlopen(module.c_str(), RTLD_NOW);
    if (library == nullptr) throw std::runtime_error("cannot load " + module);
    const auto get_list = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
    check(get_list(&functions_), "C_GetFunctionList");
    check(functions_->C_Initialize(nullptr), "C_Initialize");
    std::array<CK_SLOT_ID, 16> slots{};
    CK_ULONG count = slots.size();
    check(functions_->C_GetSlotList(CK_TRUE, slots.data(), &count), "C_GetSlotList");
    check(functions_->C_OpenSession(slots[0], CKF_SERIAL_SESSION, nullptr, nullptr, &session_), "C_OpenSession");
    auto pin = read(pin_file);
    if (!pin.empty() && pin.back() == '\n') pin.pop_back();
    check(functions_->C_Login(session_, CKU_USER, pin.data(), pin.size()), "C_Login");
    key_ = find(CKO_PRIVATE_KEY);
    const auto certificate = eidtool::crypto::Certificate::from_der(value(find(CKO_CERTIFICATE)), "the certificate");
    public_key_.emplace(certificate.public_key());
    algorithm_ = eidtool::find_signature_algorithm(public_key_->type(),
                                                   is_rsa() ? eidtool::Padding::pkcs1 : eidtool::Padding::none,
                                                   eidtool::HashAlgorithm::sha256);
  }

  Bytes sign(Bytes& document, bool checks) {
    CK_MECHANISM mechanism{is_rsa() ? CK_MECHANISM_TYPE{CKM_SHA256_RSA_PKCS} : CK_MECHANISM_TYPE{CKM_ECDSA}, nullptr,
                           0};
    auto digest = is_rsa() && !checks ? Bytes() : eidtool::crypto::digest(eidtool::HashAlgorithm::sha256, document);
    auto& input = is_rsa() ? document : digest;
    check(functions_->C_SignInit(session_, &mechanism, key_), "C_SignInit");
    Bytes signature(512);
    CK_ULONG size = signature.size();
    check(functions_->C_Sign(session_, input.data(), input.size(), signature.data(), &size), "C_Sign");
    signature.resize(size);
    if (checks && !public_key_->verify_digest(*algorithm_, digest, signature)) {
      throw std::runtime_error("a signature does not fit");
    }
    return signature;
  }

 private:
  bool is_rsa() const { return public_key_->type() == eidtool::KeyType::rsa; }

  CK_OBJECT_HANDLE find(CK_OBJECT_CLASS kind) {
    CK_BYTE id = key_id;
    std::array<CK_ATTRIBUTE, 2> wanted = {{{CKA_CLASS, &kind, sizeof kind}, {CKA_ID, &id, sizeof id}}};
    CK_OBJECT_HANDLE object = 0;
    CK_ULONG count = 0;
    check(functions_->C_FindObjectsInit(session_, wanted.data(), wanted.size()), "C_FindObjectsInit");
    check(functions_->C_FindObjects(session_, &object, 1, &count), "C_FindObjects");
    check(functions_->C_FindObjectsFinal(session_), "C_FindObjectsFinal");
    if (count != 1) throw std::runtime_error("the token has no such object");
    return object;
  }

  Bytes value(CK_OBJECT_HANDLE object) {
    Bytes bytes(1U << 16U);
    CK_ATTRIBUTE attribute{CKA_VALUE, bytes.data(), bytes.size()};
    check(functions_->C_GetAttributeValue(session_, object, &attribute, 1), "C_GetAttributeValue");
    bytes.resize(attribute.ulValueLen);
    return bytes;
  }

  CK_FUNCTION_LIST* functions_ = nullptr;
  CK_SESSION_HANDLE session_ = 0;
  CK_OBJECT_HANDLE key_ = 0;
  std::optional<eidtool::crypto::PublicKey> public_key_;
  const eidtool::SignatureAlgorithm* algorithm_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (words.size() < 5) return 2;
  try {
    Loop loop(words[1], words[2]);
    std::ifstream list(words[3]);
    for (std::string name; std::getline(list, name);) {
      auto document = read(name);
      const auto signature = loop.sign(document, words.size() > 5);
      const auto output = std::filesystem::path(words[4]) / (std::filesystem::path(name).filename().string() + ".sig");
      std::ofstream(output, std::ios::binary)
          .write(reinterpret_cast<const char*>(signature.data()), static_cast<std::streamsize>(signature.size()));
    }
  } catch (const std::exception& exception) {
    std::cerr << "sign-loop: " << exception.what() << "\n";
    return 1;
  }
  return 0;
}
