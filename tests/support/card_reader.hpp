// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/desk.hpp"

namespace eidtool::tests {

/// OpenSC's PKCS#11 module; empty where it is not installed.
std::filesystem::path opensc_module();

/// True where dev/reader can run here. Else the test counts as skipped.
bool has_card_reader();

/// How the emulated card is made: options of eidtool-virtual-card create. Cards are made once each and copied.
struct CardKind {
  std::string options = "--key-size 2048";
};

/// A desk with a virtual reader of its own (dev/reader), and OpenSC as eidtool's module. Every program on it sees
/// that reader and no other. All is gone when this ends.
class CardDesk : public Desk {
 public:
  /// With a card on the desk, card.json, not yet in the reader. PINs: 1111, 2222, 3333, in files ../authentication,
  /// ../signature and ../address; ../wrong is none of them.
  explicit CardDesk(const CardKind& kind = {});
  ~CardDesk();

  /// Another card, to be exchanged with the one that is there.
  void add_card(const std::string& name, const CardKind& kind) const;

  void insert(const std::string& options = "", const std::string& card = "../card.json") const;
  void remove(const std::string& card = "../card.json") const;
  Outcome virtual_card(const std::string& line) const;

  /// What the card was asked and answered since it was inserted with `--trace`, or forget_trace() was called: lines
  /// of what each command means.
  std::vector<std::string> trace() const;
  void forget_trace() const;
  /// How many of them begin so: `VERIFY 81`.
  std::size_t traced(const std::string& beginning) const;
  /// PIN commands that carried a PIN, to whichever PIN.
  std::size_t pins_sent() const { return traced("VERIFY "); }
  /// Tries that the card itself has left: `authentication`, …
  unsigned tries_left(const std::string& pin) const;

  /// The reader is gone; there is a pcscd.
  void unplug_reader() const;
  void stop_pcscd() const;

 private:
  void change_pcscd(const std::string& option) const;

  std::unique_ptr<Child> reader_;
};

}  // namespace eidtool::tests
