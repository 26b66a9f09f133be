// SPDX-License-Identifier: Apache-2.0
#include "cli/wire.hpp"

#include <chrono>
#include <string>

#include "cli/output.hpp"
#include "support/catch.hpp"

namespace eidtool::cli {

namespace {

Record with(const std::string& name, Value value) {
  Record record("slot");
  record.add(name, std::move(value));
  return record;
}

std::string again(const WireLine& line) { return to_wire(from_wire(to_wire(line))); }

/// A record with one field, as JSON.
std::string record_line(const std::string& field, const std::string& heading = "x", const std::string& tone = "0") {
  return R"({"record":{"type":"slot","heading":")" + heading + R"(","tone":)" + tone + R"(,"alone":false,"fields":[)" +
         field + "]}}";
}

bool is_refused(const std::string& line) {
  try {
    (void)from_wire(line);
    return false;
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::malformed);
    return true;
  }
}

}  // namespace

TEST_CASE("a record arrives as it was sent, whatever its values are") {
  Record inner;
  inner.add("CKA_LABEL", std::string("inner"));
  Record record("slot");
  record.heading("A heading", Record::Tone::doubtful).heading_alone();
  record.add("nothing", nullptr)
      .add("yes", true)
      .add("number", std::int64_t{-7})
      .add("text", std::string("\x1b[2J\n \xff\xc3 \xe2\x80\xae João \0end", 24))
      .add("bytes", Bytes{0, 0x7f, 0xff})
      .add("time", Time(std::chrono::seconds(1'893'456'000)))
      .add("list", std::vector<std::string>{"one", "\xff", ""})
      .add("records", std::vector<Record>{inner, inner})
      .add_record("record", inner);
  const auto line = to_wire(record);
  for (const char c : line) CHECK((c >= ' ' && c <= '~'));
  const auto arrived = std::get<Record>(from_wire(line));
  CHECK(to_json(arrived) == to_json(record));
  CHECK(to_text(arrived, true, 80) == to_text(record, true, 80));
  CHECK(arrived.fields().size() == record.fields().size());
  for (std::size_t index = 0; index < arrived.fields().size(); ++index) {
    const auto& [name, value, is_record] = arrived.fields()[index];
    const auto& sent = record.fields()[index];
    CHECK(name == sent.name);
    CHECK(is_record == sent.is_record);
    CHECK(value.index() == sent.value.index());
    if (const auto* text = std::get_if<std::string>(&value)) CHECK(*text == std::get<std::string>(sent.value));
  }
  CHECK(again(record) == line);
}

TEST_CASE("an error arrives with all that it tells") {
  Error error(ErrorKind::module_failed, "module '\xff\x1b' failed", "one\ntwo");
  error.with_file("a \xe3 file").with_function("C_GetSlotList", 0xffffffffffffffff);
  const auto arrived = std::get<Error>(from_wire(to_wire(error)));
  CHECK(arrived.kind() == error.kind());
  CHECK(std::string(arrived.what()) == error.what());
  CHECK(arrived.hint() == error.hint());
  CHECK(arrived.file() == error.file());
  CHECK(arrived.function() == error.function());
  CHECK(arrived.rv() == error.rv());
  const auto bare = std::get<Error>(from_wire(to_wire(Error(ErrorKind::usage, "x"))));
  CHECK_FALSE(bare.rv());
  CHECK(bare.function() == "");
}

TEST_CASE("the end tells how many tokens there were") {
  CHECK(std::get<WireEnd>(from_wire(to_wire(WireEnd{3}))).token_count == 3);
  CHECK(is_refused(R"({"end":-1})"));
  CHECK(is_refused(R"({"end":18446744073709551615})"));
  CHECK(is_refused(R"({"end":1.5})"));
  CHECK(is_refused(R"({"end":"1"})"));
}

TEST_CASE("names and headings that would steer a terminal are refused") {
  REQUIRE_FALSE(is_refused(record_line(R"(["label",[3,"x"],false])")));
  for (const std::string name : {R"(\u001b[2J)", R"(a\nb)", R"(\u202e)", "a b", R"(\u009b)"}) {
    INFO(name);
    CHECK(is_refused(record_line("[\"" + name + R"(",[3,"x"],false])")));
    CHECK(is_refused(record_line(R"(["label",[7,[{"type":")" + name +
                                 R"(","heading":"","tone":0,"alone":false,"fields":[]}]],false])")));
    CHECK(is_refused(R"({"error":{"kind":13,"message":"m","hint":"","file":"","function":")" + name + "\"}}"));
  }
  for (const std::string heading : {R"(\u001b[2J)", R"(a\nb)", R"(\u00ff)"}) {
    INFO(heading);
    CHECK(is_refused(record_line("", heading)));
  }
  CHECK_FALSE(is_refused(record_line(R"(["label",[3,"\u001b[2J"],false])")));  // values are shown escaped
}

TEST_CASE("what eidtool does not write is refused") {
  CHECK(is_refused(""));
  CHECK(is_refused("nothing"));
  CHECK(is_refused("[]"));
  CHECK(is_refused("{}"));
  CHECK(is_refused(to_wire(WireEnd{1}) + "x"));
  CHECK(is_refused(R"({"record":[]})"));
  for (const std::string tone : {"-1", "4", "4294967296", "\"0\"", "1e300"})
    CHECK(is_refused(record_line("", "x", tone)));
  for (const std::string value : {"[8,0]",
                                  "[-1,0]",
                                  "[0.5,0]",
                                  "[1,1]",
                                  "[2,1e300]",
                                  "[2,9223372036854775808]",
                                  "[2,\"1\"]",
                                  "[3,7]",
                                  R"([3,"\u0100"])",
                                  R"([3,"\ud83d\ude00"])",
                                  "[4,\"0\"]",
                                  "[4,\"xy\"]",
                                  "[5,9223372036854775807]",
                                  "[5,253402300800]",
                                  "[5,-62167219201]",
                                  "[6,[1]]",
                                  "[6,{}]",
                                  "[7,[1]]",
                                  "[3]",
                                  "3",
                                  "{}"}) {
    INFO(value);
    CHECK(is_refused(record_line(R"(["label",)" + value + ",false]")));
  }
  CHECK_FALSE(is_refused(record_line(R"(["label",[5,253402300799],false])")));
  CHECK(is_refused(record_line(R"(["label",[7,[]],true])")));
  CHECK(is_refused(record_line(R"(["label",[3,"x"],true])")));
  CHECK(is_refused(R"({"error":{"kind":16,"message":"m","hint":"","file":"","function":""}})"));
  CHECK(is_refused(R"({"error":{"kind":13,"message":"m","hint":"","file":"","function":"","rv":-1}})"));
}

TEST_CASE("records in records without end are refused, and what is refused is not repeated") {
  auto record = with("x", nullptr);
  for (int depth = 0; depth < 4; ++depth) record = Record("slot").add_record("in", record);
  CHECK_FALSE(is_refused(to_wire(record)));
  record = Record("slot").add_record("in", record);
  CHECK(is_refused(to_wire(record)));
  constexpr std::size_t many = 100'000;
  std::string line = R"({"record":)";
  for (std::size_t depth = 0; depth < many; ++depth) line += R"({"fields":[["a",[7,[)";
  CHECK(is_refused(line));
  CHECK(is_refused(std::string(many, '[') + std::string(many, ']')));
  try {
    (void)from_wire("{\"secret\x1b");
    FAIL("it was taken");
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("secret") == std::string::npos);
  }
}

}  // namespace eidtool::cli
