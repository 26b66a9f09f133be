// SPDX-License-Identifier: Apache-2.0
// What a dump of the process would hold: its memory is read by the kernel's account of it (proc(5)).
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/files.hpp"
#include "support/catch.hpp"
#include "support/desk.hpp"
#include "support/sanitizers.hpp"

namespace eidtool::tests {

namespace {

/// Such a PIN stands nowhere by chance.
constexpr const char* odd_pin = "73519264";

/// A desk with a document, whose card has that PIN.
class OddPinDesk : public Desk {
 public:
  OddPinDesk() {
    let_botan_lock();
    write("doc", "text");
    const auto changed = run({"pkcs11-tool", "--module", softhsm_module(), "--login", "--pin", token_pin,
                              "--change-pin", "--new-pin", odd_pin});
    REQUIRE(changed.status == 0);
  }
};

/// A mapping of a process.
struct Mapping {
  std::string header;   // its line in smaps
  std::string flags;    // VmFlags
  std::string content;  // as far as it can be read
  bool has(const std::string& flag) const { return contains(flags + " ", " " + flag + " "); }
};

std::vector<Mapping> memory_of(pid_t process) {
  const auto folder = "/proc/" + std::to_string(process) + "/";
  std::vector<Mapping> mappings;
  std::ifstream stream(folder + "smaps");
  for (std::string line; std::getline(stream, line);) {
    if (line.rfind("VmFlags:", 0) == 0) {
      mappings.back().flags = line.substr(line.find(':') + 1);
    } else if (line.find('-') != std::string::npos && line.find('-') < line.find(' ')) {
      mappings.push_back({line, "", ""});
    }
  }
  const FileDescriptor memory(::open((folder + "mem").c_str(), O_RDONLY | O_CLOEXEC));
  for (auto& mapping : mappings) {
    const auto begin = std::stoull(mapping.header, nullptr, 16);
    const auto end = std::stoull(mapping.header.substr(mapping.header.find('-') + 1), nullptr, 16);
    // What the address sanitizer keeps of memory, not memory itself.
    constexpr unsigned long long largest = 1ULL << 31U;
    if (end - begin > largest) continue;
    mapping.content.resize(end - begin);
    // Some cannot be read ([vvar], guard pages): nor would a dump.
    const auto size =
        ::pread(memory.number(), mapping.content.data(), mapping.content.size(), static_cast<off_t>(begin));
    mapping.content.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  }
  return mappings;
}

/// The places where the PIN stands.
struct Places {
  std::size_t guarded = 0;               // locked in memory, left out of dumps
  std::vector<std::string> unguarded{};  // their mappings
};

Places places_of_pin(pid_t process) {
  Places places;
  for (const auto& mapping : memory_of(process)) {
    if (!contains(mapping.content, odd_pin)) continue;
    // The sanitizers let mlock() do nothing.
    if (mapping.has("dd") && (mapping.has("lo") || has_sanitizers)) {
      ++places.guarded;
    } else {
      places.unguarded.push_back(mapping.header + mapping.flags);
    }
  }
  return places;
}

/// How many places hold it; none of them may be in a dump.
std::size_t check_no_unguarded(pid_t process) {
  const auto places = places_of_pin(process);
  for (const auto& place : places.unguarded) UNSCOPED_INFO(place);
  CHECK(places.unguarded.empty());
  return places.guarded;
}

bool can_read_others() {
  const auto own = memory_of(::getpid());
  for (const auto& mapping : own) {
    if (contains(mapping.content, odd_pin)) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a dump made while the PIN is checked, and after it, holds no PIN") {
  REQUIRE(can_read_others());
  std::vector<std::pair<std::string, std::string>> moments;
  for (const std::string function : {"C_Login", "C_Sign", "C_Finalize"}) {
    for (const std::string line :
         {"sign doc", "sign doc --as signature", "sign doc --pin-file odd", "objects --login"}) {
      if (function != "C_Sign" || line != "objects --login") moments.emplace_back(function, line);
    }
  }
  for (const auto& [function, line] : sample(moments)) {
    INFO(function << " " << line);
    OddPinDesk desk;
    desk.write("odd", std::string(odd_pin) + "\n");
    desk.filter("block " + function + "\n");
    TerminalSession session(desk.eidtool_program(line + " --verbose --module-timeout 0"), {});
    if (!contains(line, "--pin-file")) {
      session.expect("PIN of");
      session.send(std::string(odd_pin) + "\n");
    }
    session.wait_until([&] { return desk.logged("blocked") > 0; });
    const auto guarded = check_no_unguarded(session.id());
    // The search finds what is there: the module is being given the PIN.
    if (function == "C_Login") CHECK(guarded > 0);
    // Nothing is kept for longer than it may be needed.
    if (function == "C_Finalize") CHECK(guarded == 0);
    session.send_signal(SIGKILL);
    session.wait();
  }
}

TEST_CASE("a dump made while the PIN is typed, and after Enter, holds no PIN") {
  REQUIRE(can_read_others());
  const std::vector<std::pair<bool, std::string>> ways = {{true, "sign doc --as signature"},
                                                          {true, "objects --login"},
                                                          {false, "sign doc --as signature"},
                                                          {false, "objects --login"}};
  for (const auto& [through_filter, line] : sample(ways, 2)) {
    INFO(line << (through_filter ? " through the test module" : " with SoftHSM"));
    OddPinDesk desk;
    if (through_filter) desk.filter("block C_Login\n");
    TerminalSession session(desk.eidtool_program(line + " --module-timeout 0"), {});
    session.expect("PIN of");
    // The kernel keeps what is typed until Enter: half a PIN, and all of it.
    const std::string pin(odd_pin);
    session.send(pin.substr(0, 4));
    check_no_unguarded(session.id());
    session.send(pin.substr(4));
    const auto typed = check_no_unguarded(session.id());
    CHECK(typed == 0);
    // Ctrl-D hands on what was typed and ends no line: the process has read it and asks for the rest.
    session.send(control_d);
    session.wait_until([&] { return places_of_pin(session.id()).guarded > 0; });
    check_no_unguarded(session.id());
    if (through_filter) {
      session.send("\n");
      session.wait_until([&] { return desk.logged("blocked") > 0; });
      CHECK(check_no_unguarded(session.id()) > 0);
      session.send_signal(SIGKILL);
      session.wait();
      continue;
    }
    session.send(control_c);
    CHECK(session.wait().status == 5);
  }
}

TEST_CASE("no core is written, and no other process of the same user gets at the memory") {
  Desk desk;
  desk.let_botan_lock();
  desk.write("doc", "text");
  // All without the capabilities that let root look into everybody's processes.
  if (::geteuid() == 0) desk.through = {"setpriv", "--bounding-set=-all"};
  const auto file = [](const TerminalSession& session, const std::string& name) {
    return "/proc/" + std::to_string(session.id()) + "/" + name;
  };
  TerminalSession signing(desk.eidtool_program("sign doc"), {});
  signing.expect("PIN");
  CHECK(contains(read_file(file(signing, "limits")), "Max core file size        0                    0 "));
  const auto reading = desk.run({"cat", file(signing, "maps")});
  CHECK(reading.status != 0);
  CHECK(contains(reading.errors, "Permission denied"));
  // One that does not forbid it can be read so.
  TerminalSession other(desk.program({"sh", "-c", "echo ready; read line"}), {});
  other.expect("ready");
  CHECK(desk.run({"cat", file(other, "maps")}).status == 0);
  signing.send(control_c);
  signing.wait();
  other.send("\n");
  other.wait();
}

}  // namespace eidtool::tests
