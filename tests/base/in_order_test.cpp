// SPDX-License-Identifier: Apache-2.0
#include "base/in_order.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"

namespace eidtool::tests {

namespace {

constexpr std::size_t many = 1000;

/// Makes texts of numbers, those of each pair in the wrong order: the even one waits for the odd one behind it.
class Swapping {
 public:
  std::string operator()(std::size_t index, std::size_t) {
    std::unique_lock lock(mutex_);
    if (index % 2 == 1) {
      odd_ones_.insert(index);
      is_done_.notify_all();
    } else {
      is_done_.wait(lock, [&] { return odd_ones_.count(index + 1) == 1; });
    }
    return std::to_string(index);
  }

 private:
  std::mutex mutex_;
  std::condition_variable is_done_;
  std::set<std::size_t> odd_ones_;
};

std::string text_of(std::size_t index, std::size_t) { return std::to_string(index); }

}  // namespace

TEST_CASE("results are taken in the order of the things, whoever is done first") {
  for (const std::size_t workers : {0U, 1U, 2U, 7U}) {
    std::vector<std::string> taken;
    Swapping swapping;
    const auto work = workers < 2 ? InOrder<std::string>::Work(text_of) : std::ref(swapping);
    InOrder<std::string>(many, workers, work).run([&](std::string&& result) {
      taken.push_back(std::move(result));
      return true;
    });
    REQUIRE(taken.size() == many);
    for (std::size_t index = 0; index < many; ++index) REQUIRE(taken[index] == std::to_string(index));
  }
}

TEST_CASE("the workers work at the same time, each under its own number, and none without a thing to do") {
  std::mutex mutex;
  std::condition_variable all_here;
  std::set<std::size_t> numbers;
  // Nobody goes on before all three are at work.
  InOrder<bool>(3, 8, [&](std::size_t, std::size_t worker) {
    std::unique_lock lock(mutex);
    numbers.insert(worker);
    all_here.notify_all();
    return all_here.wait_for(lock, std::chrono::seconds(60), [&] { return numbers.size() == 3; });
  }).run([](bool&& were_three) {
    CHECK(were_three);
    return true;
  });
  CHECK(numbers == std::set<std::size_t>{0, 1, 2});
  InOrder<bool>(0, 4, [](std::size_t, std::size_t) -> bool {
    throw std::logic_error("nothing to do");
  }).run([](bool&&) { return true; });
}

TEST_CASE("no worker runs far ahead of what was taken") {
  constexpr std::size_t most = 12;  // four for each worker
  std::atomic<std::size_t> begun = 0;
  std::size_t taken = 0;
  std::size_t furthest = 0;
  InOrder<std::size_t>(many, 3, [&](std::size_t index, std::size_t) {
    ++begun;
    return index;
  }).run([&](std::size_t&&) {
    ++taken;
    while (begun < std::min(many, taken + most)) std::this_thread::yield();
    furthest = std::max(furthest, begun - taken);
    return true;
  });
  CHECK(furthest == most);
}

TEST_CASE("what the work throws comes out in the turn of its thing, and a taker that has enough ends it") {
  for (const std::size_t workers : {1U, 3U}) {
    std::size_t taken = 0;
    InOrder<std::string> failing(many, workers, [](std::size_t index, std::size_t) {
      if (index == 50) throw std::runtime_error("the fiftieth");
      return std::to_string(index);
    });
    CHECK_THROWS_WITH(failing.run([&](std::string&&) {
      ++taken;
      return true;
    }),
                      "the fiftieth");
    CHECK(taken == 50);

    std::atomic<std::size_t> begun = 0;
    InOrder<std::size_t> long_one(many, workers, [&](std::size_t index, std::size_t) {
      ++begun;
      return index;
    });
    long_one.run([&](std::size_t&& index) { return index < 9; });
    CHECK(begun >= 10);
    CHECK(begun < 40);
    InOrder<std::string> thrown_at(many, workers, text_of);
    CHECK_THROWS_AS(thrown_at.run([](std::string&&) -> bool { throw std::runtime_error("full"); }), std::runtime_error);
  }
}

}  // namespace eidtool::tests
