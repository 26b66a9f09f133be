// SPDX-License-Identifier: Apache-2.0
#include "commands/sign_batch.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "base/error.hpp"
#include "base/in_order.hpp"
#include "base/status_line.hpp"
#include "base/sudden_end.hpp"
#include "base/text.hpp"
#include "cli/exit_status.hpp"
#include "commands/records.hpp"
#include "commands/streams.hpp"
#include "pkcs11/uri.hpp"
#include "pkcs11/watch.hpp"

namespace eidtool::commands {

namespace {

/// Errors after which going on could cost a try, or is of no use.
bool ends_the_batch(const Error& error) {
  return cli::exit_status_of(error.kind()) == cli::exit_status::pin || error.kind() == ErrorKind::token_removed ||
         error.kind() == ErrorKind::module_failed;
}

/// What all threads look at before they go on.
struct Course {
  std::atomic<bool> goes_on = true;
  bool is_batch = false;

  bool is_over() const { return !goes_on || (is_batch && Interruption::is_wanted()); }
};

/// A key in a session of its own, which takes one signature at a time.
struct Seat {
  explicit Seat(pkcs11::SigningKey its_key) : key(std::move(its_key)) {}
  pkcs11::SigningKey key;
  std::mutex mutex;
};

/// The key as one thread uses it; another one may sit on the same seat.
class SharedKey : public Signer {
 public:
  SharedKey(Seat& seat, Course& course) : seat_(seat), course_(course) {}

  KeyType key_type() const override { return seat_.key.key_type(); }
  const Bytes& certificate() const override { return seat_.key.certificate(); }
  std::size_t max_signature_size() const override { return seat_.key.max_signature_size(); }
  /// As SigningKey; throws cancelled, and was_left() says so, where the batch ended while this waited for its turn.
  Bytes sign(const SignatureAlgorithm& algorithm, Message& message) override {
    // While others sign. It is wanted anyhow, for the check of the signature.
    if (seat_.key.takes_digest(algorithm, message)) (void)message.digest(algorithm.hash);
    const std::scoped_lock lock(seat_.mutex);
    if (course_.is_over()) {
      was_left_ = true;
      throw Error(ErrorKind::cancelled, "the batch ended before");
    }
    try {
      auto signature = seat_.key.sign(algorithm, message);
      last_mechanism_ = seat_.key.last_mechanism();
      return signature;
    } catch (const Error& error) {  // known to the next before it has its turn
      if (ends_the_batch(error)) course_.goes_on = false;
      throw;
    }
  }

  /// How its last signature was made.
  const std::string& last_mechanism() const { return last_mechanism_; }
  bool was_left() const { return was_left_; }

 private:
  Seat& seat_;
  Course& course_;
  std::string last_mechanism_;
  bool was_left_ = false;
};

/// What one thread has for itself.
struct Worker {
  SharedKey key;
  /// The signer's, and those that go beside it: they find out about themselves when they are asked.
  crypto::Certificate certificate;
  std::vector<crypto::Certificate> intermediates;
};

/// What became of a document that was worked on.
struct Outcome {
  SignTask* task = nullptr;      // null: it was left as it is
  std::optional<Error> error{};  // it was not signed; told already where it had failed before
  bool is_told = false;
  std::string mechanism{};
  /// The signature, which has no name yet, and the file that it was added to: open until then, so that no other file
  /// can get its number.
  std::unique_ptr<OutputFile> file{};
  std::unique_ptr<InputFile> added_to{};
};

class BatchRun {
 public:
  BatchRun(const SignBatch& batch, pkcs11::SigningKey key, const SignJobs& jobs, cli::Context& context)
      : batch_(batch), context_(context), certificate_is_written_(batch.plan.certificate_is_there) {
    course_.is_batch = batch.plan.tasks.size() > 1;
    seats_.push_back(std::make_unique<Seat>(std::move(key)));
    // A module that changes the folder does so for its thread alone, while others open documents by their names.
    const bool are_apart = jobs.documents < 2 || pkcs11::keep_folder_of_thread();
    if (!are_apart) context_.console.detail("threads cannot have folders of their own: one document at a time");
    const auto workers = are_apart ? std::max<std::size_t>(jobs.documents, 1) : 1;
    if (workers > 1) add_seats(jobs.sessions);
    for (std::size_t index = 0; index < workers; ++index) {
      std::vector own = {*batch_.pair.certificate};
      own.insert(own.end(), batch_.wanted.intermediates.begin(), batch_.wanted.intermediates.end());
      if (workers > 1) crypto::unshare(own);
      workers_.push_back(
          {SharedKey(*seats_[index % seats_.size()], course_), own.front(), {own.begin() + 1, own.end()}});
    }
  }

  /// The status to end with.
  int run() {
    auto& tasks = batch_.plan.tasks;
    std::optional<Interruption> interruption;
    if (course_.is_batch) {
      interruption.emplace(
          context_.console.warning_text("what is at hand is finished first; Ctrl-C again ends at once"));
    }
    const auto is_open = [](const SignTask& task) { return !task.failure; };
    status_line::Task progress("signing", static_cast<std::size_t>(std::ranges::count_if(tasks, is_open)));
    int status = cli::exit_status::done;
    const auto take = [&](Outcome&& outcome) {
      if (!outcome.is_told) progress.advance();
      status = std::max(status, finish(outcome));
      return !context_.output.has_failed();
    };
    // The first signature is made before there are two at a time: a module that asks for the PIN by itself, or sends
    // one that it kept, does so there, and what it was refused is not sent for another document.
    std::size_t begin = 0;
    bool has_signed = false;
    bool goes_on = true;
    while (begin < tasks.size() && !has_signed && goes_on) {
      auto& task = tasks[begin++];
      goes_on = take(work_on(task, workers_.front()));
      has_signed = task.is_signed;
    }
    if (goes_on) {
      InOrder<Outcome> work(tasks.size() - begin, workers_.size(), [&](std::size_t index, std::size_t worker) {
        return work_on(tasks[begin + index], workers_[worker]);
      });
      work.run(take);
    }
    return interruption && Interruption::is_wanted() ? cli::exit_status::interrupted : status;
  }

 private:
  /// As many sessions as the token gives.
  void add_seats(std::size_t wanted) {
    try {
      while (seats_.size() < wanted) {
        seats_.push_back(std::make_unique<Seat>(seats_.front()->key.in_another_session()));
      }
    } catch (const Error& error) {  // fewer do it as well
      context_.console.detail(std::string(error.what()) + ": " + counted(seats_.size(), "session", "sessions") +
                              " must do");
    }
  }

  /// By any thread. What is made gets its name when its turn comes, so that nothing is there that is never told.
  Outcome work_on(SignTask& task, Worker& worker) {
    if (task.failure) return {&task, task.failure, true};
    if (course_.is_over()) return {};
    try {
      if (workers_.size() > 1) (void)pkcs11::keep_folder_of_thread();
      return sign(task, worker);
    } catch (Error& error) {  // per file of a batch
      // It needs the PIN once more, and nobody is asked now.
      const bool is_not_asked = error.kind() == ErrorKind::cancelled && Interruption::is_wanted();
      if (worker.key.was_left() || is_not_asked) return {};
      if (ends_the_batch(error)) course_.goes_on = false;
      return failed(task, error);
    }
  }

  Outcome sign(SignTask& task, Worker& worker) {
    const auto& wanted = batch_.wanted;
    const auto document =
        task.read_once ? std::move(task.read_once) : std::make_unique<formats::Document>(open_document(task.document));
    formats::SignRequest request{*document,
                                 batch_.algorithm,
                                 wanted.properties,
                                 wanted.packaging,
                                 wanted.encoding,
                                 worker.intermediates,
                                 wanted.adds ? std::optional(task.target) : std::nullopt,
                                 worker.certificate};
    request.properties.signing_time = now();
    Outcome outcome{&task};
    if (task.to_stdout()) {
      bool is_first = true;
      wanted.format.sign(request, worker.key, [&](BytesView bytes) {
        if (is_first) publish_beside();
        is_first = false;
        context_.output.write(bytes);
      });
      task.is_signed = true;
    } else {
      if (wanted.adds) outcome.added_to = std::make_unique<InputFile>(task.target);
      outcome.file = std::make_unique<OutputFile>(task.target, wanted.adds ? IfExists::replace : batch_.plan.if_exists);
      if (wanted.adds) outcome.file->take_mode_of(task.target);
      wanted.format.sign(request, worker.key, [&](BytesView bytes) { outcome.file->write(bytes); });
    }
    outcome.mechanism = worker.key.last_mechanism();
    return outcome;
  }

  static Outcome failed(SignTask& task, Error& error) {
    if (error.file().empty()) error.with_file(task.document);
    if (!task.is_signed) task.failure = error;
    return {&task, error};
  }

  /// What goes beside the signature: before the first one appears, and not before it was made. All is on the disk
  /// before anything has its name.
  void publish_beside() {
    const auto& plan = batch_.plan;
    std::optional<OutputFile> list;
    if (plan.manifest) {
      list.emplace(plan.manifest->file, plan.if_exists);
      list->write(plan.manifest->text);
    }
    if (plan.certificate_file && !certificate_is_written_) {
      write_file(*plan.certificate_file, batch_.pair.certificate->der(), plan.if_exists);
      certificate_is_written_ = true;
    }
    if (!list) return;
    list->publish();
    list_is_written_ = true;
  }

  void publish(Outcome& outcome) {
    if (!outcome.file) return;
    publish_beside();
    if (outcome.added_to) {
      outcome.added_to->check_unchanged();
      outcome.file->publish_over(outcome.added_to->identity());
    } else {
      outcome.file->publish();
    }
    outcome.task->is_signed = true;
  }

  /// By the main thread, in the order of the documents.
  int finish(Outcome& outcome) {
    if (outcome.task == nullptr) return cli::exit_status::done;
    auto& task = *outcome.task;
    if (outcome.error && outcome.is_told) return record_failure(*outcome.error, context_);
    try {
      if (outcome.error) throw Error(*outcome.error);
      publish(outcome);
      context_.console.detail(in_quotes(task.document) + " was signed by " + outcome.mechanism);
      if (!task.to_stdout()) context_.output.confirm(record_of(task));
      return cli::exit_status::done;
    } catch (Error& error) {  // per file of a batch
      const int status = report_failure(*failed(task, error).error, context_);
      if (list_is_written_ && !task.is_signed) {
        context_.console.warning(in_quotes(task.document) + " was written, and its signature was not");
      }
      return status;
    }
  }

  cli::Record record_of(const SignTask& task) const {
    const auto& [wanted, algorithm, pair, plan] = batch_;
    cli::Record record("signature");
    const auto list =
        plan.manifest ? ", a list of " + counted(plan.manifest->documents.size(), "file", "files") + "," : "";
    record.heading(in_quotes(task.output) + ": signature of " + in_quotes(task.document) + list + " by " +
                   brief(pair.certificate->known_as()));
    record.add("document", task.document);
    if (plan.manifest) record.add("files", static_cast<std::int64_t>(plan.manifest->documents.size()));
    record.add("signature", task.output)
        .add("format", std::string(wanted.format.name()))
        .add("algorithm", std::string(algorithm.name));
    if (algorithm.hash != HashAlgorithm::none) record.add("digest", std::string(name(algorithm.hash)));
    record.add("key_uri", pkcs11::object_uri(pair.token().raw_info(), std::nullopt, pair.id, CKO_PRIVATE_KEY))
        .add_record("signer", signer_record(*pair.certificate));
    record.add("certificate", plan.certificate_file ? cli::Value(*plan.certificate_file) : cli::Value(nullptr));
    return record;
  }

  const SignBatch& batch_;
  cli::Context& context_;
  Course course_;
  std::vector<std::unique_ptr<Seat>> seats_;
  std::vector<Worker> workers_;
  bool certificate_is_written_;
  bool list_is_written_ = false;
};

/// What became of the documents of a command.
void summarize(const SignPlan& plan, cli::Context& context) {
  if (const auto left_count = plan.left_count(); left_count > 0) {
    context.console.warning(counted(left_count, "further document was", "further documents were") + " not signed");
    // Of files that are replaced or added to nobody could tell which were done.
    const bool can_skip = plan.if_exists == IfExists::refuse && !plan.adds;
    if (Interruption::is_wanted() && can_skip)
      context.console.hint("the same command with --skip-existing signs the rest");
  }
  if (plan.tasks.size() < 2 && plan.skipped_count == 0) return;
  const auto signed_count = static_cast<std::size_t>(std::ranges::count_if(plan.tasks, &SignTask::is_signed));
  auto text = counted(signed_count, "document", "documents") + " signed";
  const auto failed_count = plan.tasks.size() - signed_count - plan.left_count();
  if (failed_count > 0) text += ", " + std::to_string(failed_count) + " failed";
  if (plan.skipped_count > 0) {
    text += ", " + std::to_string(plan.skipped_count) +
            " left out: " + (plan.skipped_count == 1 ? "its signature file exists" : "their signature files exist");
  }
  context.console.notice(text);
}

}  // namespace

SignJobs sign_jobs(std::size_t jobs, bool is_asked_for, const SignBatch& batch, const pkcs11::SigningKey& key) {
  const auto& token = batch.pair.token();
  const auto* profile = token.profile();
  const bool is_prompted =
      key.asks_before_every_signature() || (profile != nullptr && profile->pin_entry == pkcs11::PinEntry::by_module);
  if (is_prompted) return {};
  const auto documents = std::min(jobs, batch.plan.left_count());
  const bool sits_in_reader = (token.raw_slot_info().flags & CKF_REMOVABLE_DEVICE) != 0;
  if (sits_in_reader && !is_asked_for) return {documents, 1};
  const auto most = token.raw_info().ulMaxSessionCount;
  const bool is_limited = most != CK_EFFECTIVELY_INFINITE && most != CK_UNAVAILABLE_INFORMATION;
  return {documents, is_limited ? std::min<std::size_t>(documents, most) : documents};
}

int sign_all(const SignBatch& batch, pkcs11::SigningKey key, const SignJobs& jobs, cli::Context& context) {
  const int status = BatchRun(batch, std::move(key), jobs, context).run();
  summarize(batch.plan, context);
  return status;
}

int finish_without_signing(const SignPlan& plan, cli::Context& context) {
  int status = cli::exit_status::done;
  for (const auto& task : plan.tasks) {
    if (!context.output.has_failed()) status = std::max(status, record_failure(task.failure.value(), context));
  }
  if (plan.certificate_file && !identity_of(*plan.certificate_file)) {
    context.console.warning(in_quotes(*plan.certificate_file) + " was not written: no document is left to sign");
  }
  summarize(plan, context);
  return status;
}

}  // namespace eidtool::commands
