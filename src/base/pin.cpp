// SPDX-License-Identifier: Apache-2.0
#include "base/pin.hpp"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>
#include <utility>

namespace eidtool {

namespace {

std::size_t page_size() {
  static const auto size = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

}  // namespace

Pin::Pin(Pin&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}

Pin& Pin::operator=(Pin&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(size_, other.size_);
  other.wipe();
  return *this;
}

Pin::~Pin() {
  wipe();
  if (memory_ != nullptr) ::munmap(memory_, page_size());
}

bool Pin::append(char byte) {
  if (size_ == capacity) return false;
  if (memory_ == nullptr) {
    void* page = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw std::bad_alloc();
    // Locking fails where RLIMIT_MEMLOCK is 0. The PIN is then as safe as the machine's swap;
    // refusing to work would not make it safer.
    (void)::mlock(page, page_size());
    (void)::madvise(page, page_size(), MADV_DONTDUMP);
    (void)::madvise(page, page_size(), MADV_WIPEONFORK);
    memory_ = static_cast<std::uint8_t*>(page);
  }
  memory_[size_++] = static_cast<std::uint8_t>(byte);
  return true;
}

void Pin::remove_last() noexcept {
  if (size_ > 0) memory_[--size_] = 0;
}

void Pin::wipe() noexcept {
  if (memory_ != nullptr) ::explicit_bzero(memory_, capacity);
  size_ = 0;
}

Pin Pin::duplicate() const {
  Pin copy;
  for (const auto byte : bytes()) copy.append(static_cast<char>(byte));
  return copy;
}

std::string_view name(PinState state) {
  switch (state) {
    case PinState::ok: return "ok";
    case PinState::count_low: return "count_low";
    case PinState::final_try: return "final_try";
    case PinState::locked: return "locked";
    case PinState::to_be_changed: return "to_be_changed";
    case PinState::not_initialized: return "not_initialized";
    case PinState::unknown: return "unknown";
  }
  return "unknown";
}

}  // namespace eidtool
