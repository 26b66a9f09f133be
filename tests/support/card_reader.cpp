// SPDX-License-Identifier: Apache-2.0
#include "support/card_reader.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "base/files.hpp"

namespace eidtool::tests {

namespace fs = std::filesystem;

namespace {

/// A card of that kind, made once by whichever test program needs it first.
fs::path template_of(const CardKind& kind) {
  const fs::path maker = from_meson("EIDTOOL_VIRTUAL_CARD");
  const auto folder = fs::path(from_meson("EIDTOOL_BUILD")) / "test-cards";
  fs::create_directories(folder);
  const auto made = folder / (std::to_string(std::hash<std::string>()(kind.options)) + ".json");
  const FileDescriptor lock(::open((made.string() + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  if (!lock || ::flock(lock.number(), LOCK_EX) != 0) throw std::runtime_error("cannot lock " + made.string());
  if (fs::exists(made) && fs::last_write_time(made) > fs::last_write_time(maker)) return made;
  Program program;
  program.words = words_of("create --force " + kind.options + " " + made.string());
  program.words.insert(program.words.begin(), maker.string());
  program.environment = {{"PATH", "/usr/bin:/bin"}, {"HOME", folder}};
  const auto outcome = run(program);
  if (outcome.status != 0) throw std::runtime_error("no card " + kind.options + ": " + outcome.errors);
  return made;
}

}  // namespace

fs::path opensc_module() {
  for (const char* folder : {"/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/usr/lib64"}) {
    if (fs::exists(fs::path(folder) / "opensc-pkcs11.so")) return fs::path(folder) / "opensc-pkcs11.so";
  }
  return {};
}

bool has_card_reader() {
  if (opensc_module().empty()) return skip("opensc-pkcs11.so is not installed"), false;
  if (!fs::exists("/usr/sbin/pcscd")) return skip("pcscd is not installed"), false;
  if (!fs::exists("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")) return skip("vpcd is not installed"), false;
  // Not every system lets everybody make namespaces.
  static const Outcome probe = Desk(no_tokens).run({from_meson("EIDTOOL_SOURCE") + "/dev/reader", "true"});
  if (probe.status != 0) return skip("dev/reader does not work here: " + probe.errors), false;
  return true;
}

CardDesk::CardDesk(const CardKind& kind) : Desk(no_tokens) {
  module_options = {"--module", opensc_module()};
  for (const auto& [name, pin] :
       {std::pair{"authentication", "1111"}, {"signature", "2222"}, {"address", "3333"}, {"wrong", "98765"}}) {
    write_file(folder().parent_path() / name, std::string(pin) + "\n");
  }
  add_card("../card.json", kind);
  // Everything in there ends with its shell, and that with reader_.
  auto program = Desk::program({from_meson("EIDTOOL_SOURCE") + "/dev/reader", "sh", "-c",
                                "printf '%s\\n' ready; exec setpriv --pdeathsig KILL sleep infinity"});
  program.time_limit = std::chrono::seconds(600);
  Child::Terminal pipes;
  pipes.input = pipes.output = pipes.errors = Child::Stream::pipe;
  reader_ = std::make_unique<Child>(program, pipes);
  reader_->exchange([&] { return contains(reader_->so_far().output, "ready\n") || reader_->has_ended(); });
  if (reader_->has_ended()) throw std::runtime_error("dev/reader: " + reader_->wait().errors);
  through = {"nsenter", "--target", std::to_string(reader_->id()), "--mount", "--net", "--wdns=" + folder().string()};
  if (::geteuid() != 0) through.insert(through.end(), {"--user", "--preserve-credentials"});
  through.emplace_back("--");
}

CardDesk::~CardDesk() {
  // One that began anew does not end with the reader's shell. That it is gone already is no failure.
  if (!through.empty()) (void)run({"sh", "-c", "kill \"$(cat /run/reader/pcscd.pid)\""});
}

void CardDesk::add_card(const std::string& name, const CardKind& kind) const {
  fs::copy_file(template_of(kind), path(name), fs::copy_options::overwrite_existing);
}

Outcome CardDesk::virtual_card(const std::string& line) const {
  auto words = words_of(line);
  words.insert(words.begin(), from_meson("EIDTOOL_VIRTUAL_CARD"));
  return run(words);
}

void CardDesk::insert(const std::string& options, const std::string& card) const {
  const auto outcome = virtual_card("insert --background --trace ../trace " + options + " " + card);
  if (outcome.status != 0) throw std::runtime_error("insert: " + outcome.errors);
}

void CardDesk::remove(const std::string& card) const {
  const auto outcome = virtual_card("remove " + card);
  if (outcome.status != 0) throw std::runtime_error("remove: " + outcome.errors);
}

std::vector<std::string> CardDesk::trace() const { return has("../trace") ? lines_of(read("../trace")) : lines_of(""); }

void CardDesk::forget_trace() const { write("../trace", ""); }

std::size_t CardDesk::traced(const std::string& beginning) const {
  const auto lines = trace();
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(), [&](const auto& line) { return line.rfind(beginning, 0) == 0; }));
}

unsigned CardDesk::tries_left(const std::string& pin) const {
  const auto lines = json_lines(virtual_card("status --json ../card.json").output);
  for (std::size_t index = 0; index < lines.at(0).count("/pins"); ++index) {
    const auto member = "/pins/" + std::to_string(index);
    if (lines[0].text(member + "/name") == pin) return static_cast<unsigned>(lines[0].number(member + "/tries_left"));
  }
  throw std::runtime_error("the card has no PIN " + pin);
}

void CardDesk::change_pcscd(const std::string& option) const {
  auto change = program({from_meson("EIDTOOL_SOURCE") + "/dev/reader", option});
  change.environment["EIDTOOL_READER"] = "/run/reader";
  const auto outcome = tests::run(change);
  if (outcome.status != 0) throw std::runtime_error("dev/reader " + option + ": " + outcome.errors);
}

void CardDesk::unplug_reader() const {
  // vpcd's readers come and go with pcscd alone: it begins anew, and finds none.
  if (run({"rm", "/run/reader/reader.conf/virtual"}).status != 0) throw std::runtime_error("there is no reader");
  change_pcscd("--again");
}

void CardDesk::stop_pcscd() const { change_pcscd("--stop"); }

}  // namespace eidtool::tests
