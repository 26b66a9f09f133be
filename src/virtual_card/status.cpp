// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "virtual_card/card_file.hpp"
#include "virtual_card/card_record.hpp"
#include "virtual_card/commands.hpp"

namespace eidtool::virtual_card {

namespace {

cli::Record pin_record(CardPinName name, const Card::Pin& pin) {
  cli::Record record;
  record.add("name", std::string(eidtool::virtual_card::name(name)))
      .add("tries_left", static_cast<std::int64_t>(pin.tries_left))
      .add("puk_tries_left", static_cast<std::int64_t>(pin.puk_tries_left));
  return record;
}

class Status : public cli::Command {
 public:
  std::string_view name() const override { return "status"; }
  std::string_view summary() const override {
    return "show an emulated card: is it in a reader, and how many tries are left";
  }

  std::vector<cli::Example> examples() const override {
    return {{"eidtool-virtual-card status card.json", "of the card in that file"}};
  }

  void declare_options(cli::OptionSet& options) const override { options.positional("FILE", 1, 1); }

  int run(const cli::Arguments& arguments, cli::Context& context) const override {
    const std::filesystem::path file = arguments.positional().front();
    const auto card = read_card_file(file);
    const auto holder = holder_of(file);

    std::vector<cli::Record> pins;
    for (const auto name : card_pin_names) pins.push_back(pin_record(name, card.pin(name)));
    auto record = card_record("Card of " + printable(card.citizen.common_name), file.string());
    record.add("inserted", holder.has_value());
    if (holder) record.add("process", static_cast<std::int64_t>(*holder));
    record.add("serial_number", card.serial_number)
        .add("pins", std::move(pins))
        .add("certificates", certificate_records(card));
    context.output.print(record);
    return cli::exit_status::done;
  }
};

}  // namespace

const cli::Command& status() {
  static const Status command;
  return command;
}

}  // namespace eidtool::virtual_card
