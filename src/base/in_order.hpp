// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace eidtool {

/// Work on many things by several threads, of which the results are taken in the order of the things. No thread runs
/// far ahead of the slowest: a few results for each wait, however many things there are.
template <typename Result>
class InOrder {
 public:
  /// Makes the result of one thing; called by several threads, each with a number of its own below `workers`.
  using Work = std::function<Result(std::size_t index, std::size_t worker)>;
  /// Called by the thread that called run(); false: no further one is wanted.
  using Take = std::function<bool(Result&&)>;

  InOrder(std::size_t count, std::size_t workers, Work work)
      : count_(count),
        workers_(std::clamp<std::size_t>(workers, 1, std::max<std::size_t>(count, 1))),
        work_(std::move(work)) {}
  InOrder(const InOrder&) = delete;
  InOrder& operator=(const InOrder&) = delete;
  ~InOrder() { stop(); }

  /// Once. Throws what the work on the thing whose turn it is threw, or `take`; what is at work then is waited for.
  void run(const Take& take) {
    start();
    for (std::size_t index = 0; index < count_; ++index) {
      if (!take(threads_.empty() ? work_(index, 0) : result_of(index))) break;
    }
    stop();
  }

 private:
  struct Place {
    std::optional<Result> result;
    std::exception_ptr failure;
  };

  static constexpr std::size_t places_per_worker = 4;

  void start() {
    if (workers_ < 2) return;
    places_.resize(workers_ * places_per_worker);
    try {
      for (std::size_t worker = 0; worker < workers_; ++worker)
        threads_.emplace_back([this, worker] { serve(worker); });
    } catch (const std::system_error&) {
      // As many as there are to be had; without any the caller works alone.
    } catch (const std::bad_alloc&) {
      // Likewise.
    }
  }

  void serve(std::size_t worker) {
    std::unique_lock lock(mutex_);
    for (;;) {
      may_begin_.wait(lock, [this] { return is_over_ || begun_ == count_ || begun_ < taken_ + places_.size(); });
      if (is_over_ || begun_ == count_) return;
      const auto index = begun_++;
      lock.unlock();
      Place place;
      try {
        place.result = work_(index, worker);
      } catch (...) {  // for the other thread, in its turn
        place.failure = std::current_exception();
      }
      lock.lock();
      places_[index % places_.size()] = std::move(place);
      is_done_.notify_one();
    }
  }

  Result result_of(std::size_t index) {
    std::unique_lock lock(mutex_);
    auto& place = places_[index % places_.size()];
    is_done_.wait(lock, [&] { return place.result || place.failure; });
    auto taken = std::exchange(place, {});
    ++taken_;
    may_begin_.notify_one();
    if (taken.failure) std::rethrow_exception(taken.failure);
    return std::move(*taken.result);
  }

  void stop() {
    {
      const std::scoped_lock lock(mutex_);
      is_over_ = true;
    }
    may_begin_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  std::size_t count_;
  std::size_t workers_;
  Work work_;
  std::mutex mutex_;
  std::condition_variable may_begin_;
  std::condition_variable is_done_;
  std::vector<Place> places_;
  std::size_t begun_ = 0;
  std::size_t taken_ = 0;
  bool is_over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace eidtool
