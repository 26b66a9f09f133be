// SPDX-License-Identifier: Apache-2.0
#include "commands/manifest.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/in_order.hpp"
#include "base/status_line.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "commands/streams.hpp"
#include "formats/document.hpp"

namespace eidtool::commands {

namespace {

/// `./a//b` and `a/b` are one name. `..` stays: behind a link it leads elsewhere than it seems.
std::string plain(const std::string& name) {
  std::filesystem::path plain;
  for (const auto& part : std::filesystem::path(name)) {
    if (part != ".") plain /= part;
  }
  return plain.string();
}

/// A digest, or why there is none.
struct Reading {
  Bytes digest{};
  std::optional<Error> error{};
};

Reading read_one(const std::string& name) {
  try {
    // What a list names is found under the name again: a pipe or a device is not, nor is what a process has open.
    std::error_code unknown;
    if (name == "-" || descriptor_named_by(name) || std::filesystem::is_other(name, unknown)) {
      throw Error(ErrorKind::io, in_quotes(name) + " is not a regular file: a list names none but such")
          .with_file(name);
    }
    formats::Document document(open_document(name));
    return {document.digest(HashAlgorithm::sha256)};
  } catch (Error& error) {  // per file of a batch
    if (error.file().empty()) error.with_file(name);
    return {{}, error};
  }
}

enum class State { as_listed, changed, not_listed };

std::string_view name_of(State state) {
  switch (state) {
    case State::as_listed: return "as_listed";
    case State::changed: return "changed";
    case State::not_listed: return "not_listed";
  }
  return {};
}

cli::Record record_of(State state, const std::string& file, const std::string& manifest) {
  cli::Record record("file");
  switch (state) {
    case State::as_listed: record.heading("AS LISTED: " + in_quotes(file), cli::Record::Tone::good); break;
    case State::changed:
      record.heading("CHANGED: " + in_quotes(file) + " is not the file that is listed", cli::Record::Tone::bad);
      break;
    case State::not_listed:
      record.heading("NOT LISTED: " + in_quotes(file) + " is not in the list", cli::Record::Tone::bad);
      break;
  }
  record.heading_alone();
  record.add("file", file).add("manifest", manifest).add("state", std::string(name_of(state)));
  return record;
}

/// A file that is looked at, and the digests that it is listed with: mostly one.
struct Listed {
  std::string name;
  std::vector<Bytes> digests{};
};

std::vector<Listed> choose(const std::vector<formats::ManifestEntry>& entries, const std::vector<std::string>& wanted) {
  std::vector<Listed> files;
  if (wanted.empty()) {
    for (const auto& entry : entries) files.push_back({entry.name, {entry.digest}});
    return files;
  }
  std::map<std::string, std::vector<Bytes>> digests;
  for (const auto& entry : entries) digests[plain(entry.name)].push_back(entry.digest);
  for (const auto& name : wanted) {
    const auto found = digests.find(plain(name));
    files.push_back({name, found == digests.end() ? std::vector<Bytes>() : found->second});
  }
  return files;
}

}  // namespace

int list_documents(SignPlan& plan, std::size_t jobs, cli::Context& context) {
  auto& manifest = plan.manifest.value();
  const auto& documents = manifest.documents;
  int status = cli::exit_status::done;
  std::string text;
  std::size_t next = 0;
  InOrder<Reading> readings(documents.size(), jobs,
                            [&](std::size_t index, std::size_t) { return read_one(documents[index]); });
  status_line::Task progress("reading", documents.size());
  readings.run([&](Reading&& reading) {
    const auto& name = documents[next++];
    progress.advance();
    if (reading.error) status = std::max(status, report_failure(*reading.error, context));
    if (status == cli::exit_status::done) text += formats::manifest_line({name, std::move(reading.digest)});
    return !context.output.has_failed();
  });
  if (status != cli::exit_status::done) {
    context.console.warning("nothing was signed: " + in_quotes(manifest.file) + " would lack what cannot be read");
    return status;
  }
  if (text.size() > largest_manifest_size) {
    throw Error(ErrorKind::unsupported, "the list would be larger than 64 MiB, more than eidtool reads",
                "several lists, each with its own signature, hold as much");
  }
  manifest.text.assign(text.begin(), text.end());
  plan.tasks.front().read_once = std::make_unique<formats::BytesContent>(manifest.text, manifest.file);
  return status;
}

int check_files(const std::vector<formats::ManifestEntry>& entries, const std::string& manifest,
                const std::vector<std::string>& wanted, std::size_t jobs, cli::Context& context) {
  const auto files = choose(entries, wanted);
  int status = cli::exit_status::done;
  std::size_t next = 0;
  std::size_t right = 0;
  InOrder<Reading> readings(files.size(), jobs, [&](std::size_t index, std::size_t) {
    return files[index].digests.empty() ? Reading() : read_one(files[index].name);
  });
  status_line::Task progress("checking", files.size());
  readings.run([&](Reading&& reading) {
    const auto& [name, digests] = files[next++];
    progress.advance();
    const auto is_the_same = [&](const Bytes& digest) { return digest == reading.digest; };
    const auto state = digests.empty()                             ? State::not_listed
                       : std::ranges::all_of(digests, is_the_same) ? State::as_listed
                                                                   : State::changed;
    try {
      if (!reading.error) context.output.confirm(record_of(state, name, manifest));
    } catch (const Error& error) {  // per file of a batch
      reading.error = error;
    }
    if (reading.error) {
      status = std::max(status, report_failure(*reading.error, context));
    } else if (state == State::as_listed) {
      ++right;
    } else {
      status = std::max(status, cli::exit_status::no);
    }
    return goes_on(context, files.size() - next, "file", jobs > 1, status);
  });
  const auto of_all = right == files.size() ? "" : " of " + std::to_string(files.size());
  const auto beside = wanted.empty() ? "" : "; the list has " + counted(entries.size(), "file", "files");
  context.console.notice(std::to_string(right) + of_all +
                         (files.size() == 1 ? " file is as listed" : " files are as listed") + beside);
  return status;
}

}  // namespace eidtool::commands
