// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>

// That of glibc 2.36 (Debian 12) forgets to say that its functions are C.
extern "C" {
#include <sys/pidfd.h>
}

#include <cerrno>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "virtual_card/card_file.hpp"
#include "virtual_card/card_record.hpp"
#include "virtual_card/commands.hpp"

namespace eidtool::virtual_card {

namespace {

class Remove : public cli::Command {
 public:
  std::string_view name() const override { return "remove"; }
  std::string_view summary() const override { return "pull an emulated card out of the reader"; }

  std::vector<cli::Example> examples() const override {
    return {{"eidtool-virtual-card remove card.json", "what 'insert' has put in, wherever that runs"}};
  }

  void declare_options(cli::OptionSet& options) const override { options.positional("FILE", 1, 1); }

  int run(const cli::Arguments& arguments, cli::Context& context) const override {
    const std::filesystem::path file = arguments.positional().front();
    const auto holder = holder_of(file);
    const Error not_inserted(ErrorKind::not_found, "the card " + in_quotes(file.string()) + " is in no reader");
    if (!holder) throw not_inserted;
    // The number could be another process's by now: once a descriptor stands for it, it is asked again.
    const FileDescriptor process(::pidfd_open(*holder, 0));
    if (!process || holder_of(file) != holder) throw not_inserted;
    if (::pidfd_send_signal(process.number(), SIGTERM, nullptr, 0) != 0 && errno != ESRCH) {
      throw io_error("cannot end the process that has the card", file.string(), errno);
    }
    pollfd ended{process.number(), POLLIN, 0};
    while (::poll(&ended, 1, -1) < 0 && errno == EINTR) {
    }
    auto record = card_record("The card is out of the reader", file.string());
    record.heading_alone().add("inserted", false);
    context.output.confirm(record);
    return cli::exit_status::done;
  }
};

}  // namespace

const cli::Command& remove() {
  static const Remove command;
  return command;
}

}  // namespace eidtool::virtual_card
