// The pass over `order` is a pipeline of two kinds of task, both done by the
// decoding threads. *Decode* fills the slot of the next position with a view of
// that image, as long as slots are free. *Place* takes the first slot that is
// not placed yet, in order, and writes it to the next place of a batch. Places
// depend on order alone, and not on which thread was fast.
#include "data/loader.h"

#include "state/aligned_buffer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <system_error>
#include <thread>

namespace resnetc {
namespace {

enum class slot_state { free, decoding, ready };

struct slot {
  slot_state state = slot_state::free;
  bool known = false;     // to the filter: without a view
  image view;             // empty for a bad image
  std::string reason;     // of a bad image
  std::exception_ptr failure; // not the image's: it ends the pass
  bool known_bad = false; // found in an earlier pass
};

struct batch_buffer {
  aligned_buffer images;
  std::vector<int64_t> labels, sample_ids, indices, places;
  batch shown;
  int64_t placed = 0;  // images written or being written
  int64_t done = 0;    // images written
  bool closed = false; // nothing more will be placed
  bool with_consumer = false;

  void reset() {
    *this = batch_buffer{std::move(images), {}, {}, {}, {}, {}, 0, 0, false, false};
  }
  int64_t size() const { return static_cast<int64_t>(labels.size()); }
};

struct bad_report {
  int64_t index;
  std::string reason;
};

} // namespace

struct loader::state {
  state(const std::vector<sample> &samples, const transform_spec &spec,
        const loader_options &options, bad_image_callback on_bad,
        image_filter *filter);
  ~state();

  void end_threads();
  void work();
  bool can_place() const;
  bool can_decode() const;
  void decode_next(std::unique_lock<std::mutex> &lock);
  void place_next(std::unique_lock<std::mutex> &lock);
  void view_of(int64_t index, int64_t epoch, slot &out) const;
  void write_images(const image &view, batch_buffer &buffer,
                    int64_t place) const;
  void stop_pass(std::unique_lock<std::mutex> &lock);
  void hold_images(bool hold);
  void report_bad(std::unique_lock<std::mutex> &lock);

  const std::vector<sample> &samples;
  const transform_spec spec;
  const loader_options options;
  const bad_image_callback on_bad;
  image_filter *const filter;
  const normaliser<float> floats;
  const normaliser<double> doubles;
  const size_t image_elements;

  std::mutex mutex;
  std::condition_variable work_changed, batch_changed;
  bool ending = false;
  std::vector<int64_t> order;
  int64_t epoch = 0;
  int64_t decoded = 0;     // positions given to a thread
  int64_t placed = 0;      // positions that left their slot
  int64_t good = 0;        // images placed in this pass
  int running = 0;         // tasks under way
  std::vector<slot> slots; // of position p: slots[p % size]
  std::array<batch_buffer, 2> buffers;
  size_t filling = 0, showing = 0; // next buffer to place in, next to hand out
  std::vector<bad_report> reports;
  std::vector<bool> bad;
  int64_t bad_total = 0;
  std::optional<bad_report> first_bad; // of this pass
  std::exception_ptr failure;          // of this pass

  std::vector<std::jthread> threads;
};

loader::state::state(const std::vector<sample> &samples,
                     const transform_spec &spec, const loader_options &options,
                     bad_image_callback on_bad, image_filter *filter)
    : samples(samples), spec(spec), options(options), on_bad(std::move(on_bad)),
      filter(filter), floats(spec), doubles(spec),
      image_elements(static_cast<size_t>(spec.height) * spec.width *
                     spec.channels),
      slots(static_cast<size_t>(options.batch) + 2 * options.threads),
      bad(samples.size()) {
  try {
    for (int i = 0; i < options.threads; ++i)
      threads.emplace_back([this] { work(); });
  } catch (...) { // no more threads: those that run must end
    end_threads();
    throw;
  }
}

loader::state::~state() { end_threads(); }

void loader::state::end_threads() {
  {
    std::unique_lock lock(mutex);
    ending = true;
  }
  work_changed.notify_all();
  threads.clear(); // joins
}

bool loader::state::can_place() const {
  return placed < static_cast<int64_t>(order.size()) &&
         slots[placed % slots.size()].state == slot_state::ready &&
         !buffers[filling].closed;
}

bool loader::state::can_decode() const {
  return decoded < static_cast<int64_t>(order.size()) &&
         decoded < placed + static_cast<int64_t>(slots.size()) &&
         slots[decoded % slots.size()].state == slot_state::free;
}

void loader::state::work() {
  std::unique_lock lock(mutex);
  while (true) {
    work_changed.wait(lock,
                      [this] { return ending || can_place() || can_decode(); });
    if (ending)
      return;
    ++running;
    if (can_place())
      place_next(lock);
    else
      decode_next(lock);
    --running;
    work_changed.notify_all();
    batch_changed.notify_all();
  }
}

void loader::state::decode_next(std::unique_lock<std::mutex> &lock) {
  int64_t position = decoded++, index = order[position], pass_epoch = epoch;
  slot &mine = slots[position % slots.size()];
  mine = {slot_state::decoding, false, {}, {}, {}, bad[index]};
  lock.unlock();
  if (!mine.known_bad)
    view_of(index, pass_epoch, mine);
  lock.lock();
  mine.state = slot_state::ready;
}

void loader::state::view_of(int64_t index, int64_t pass_epoch,
                            slot &out) const {
  const sample &image_file = samples[index];
  int64_t view = view_in_epoch(image_file, options, pass_epoch);
  try {
    if (out.known = filter && filter->knows(index, view); out.known)
      return;
    const resnetc::image_file file = read_image_file(image_file.path);
    if (out.known = filter && filter->knows(index, view, file); out.known)
      return;
    if (options.augment == augmentation::crop_flip) {
      random_stream random(options.seed, random_purpose::augment,
                           static_cast<uint64_t>(image_file.id),
                           static_cast<uint32_t>(view));
      out.view = training_view(file.bytes, options.orientation, spec, random);
    } else {
      out.view = evaluation_view(file.bytes, options.orientation, spec);
    }
  } catch (const std::system_error &) {
    out.failure = std::current_exception();
  } catch (const std::bad_alloc &) {
    out.reason = "not enough memory to decode it";
  } catch (const std::exception &error) {
    out.reason = error.what();
  }
}

void loader::state::place_next(std::unique_lock<std::mutex> &lock) {
  int64_t position = placed++, index = order[position];
  slot &from = slots[position % slots.size()];
  image view = std::move(from.view);
  batch_buffer &buffer = buffers[filling];
  int64_t place = buffer.placed;
  bool has_image = !view.pixels.empty(), usable = has_image || from.known;
  if (usable) {
    ++good;
    buffer.placed += has_image;
    buffer.places.push_back(has_image ? place : -1);
    buffer.labels.push_back(samples[index].label);
    buffer.sample_ids.push_back(samples[index].id);
    buffer.indices.push_back(index);
  } else if (from.failure) {
    if (!failure)
      failure = from.failure;
  } else if (!from.known_bad) {
    bad[index] = true;
    reports.push_back({index, from.reason});
  }
  if (!usable && !from.failure && !first_bad)
    first_bad = bad_report{index, from.reason};
  from.state = slot_state::free;
  if (buffer.size() == options.batch ||
      placed == static_cast<int64_t>(order.size())) {
    buffer.closed = true;
    filling = (filling + 1) % buffers.size();
  }
  if (!has_image)
    return;
  lock.unlock();
  work_changed.notify_all(); // a slot is free, and the next place may be taken
  write_images(view, buffer, place);
  lock.lock();
  ++buffer.done;
}

void loader::state::write_images(const image &view, batch_buffer &buffer,
                                 int64_t place) const {
  size_t offset = image_elements * place;
  if (options.dtype == RESNETC_F64)
    doubles.normalise(view.pixels.data(), buffer.images.as<double>() + offset);
  else
    floats.normalise(view.pixels.data(), buffer.images.as<float>() + offset);
}

/// Waits for the tasks under way and forgets the pass.
void loader::state::stop_pass(std::unique_lock<std::mutex> &lock) {
  order.clear();
  batch_changed.wait(lock, [this] { return running == 0; });
  decoded = placed = good = 0;
  filling = showing = 0;
  first_bad.reset();
  failure = nullptr;
  for (slot &each : slots)
    each = {};
  for (batch_buffer &buffer : buffers)
    buffer.reset();
}

// A trainer has two loaders, of which one works at a time: they hold memory for
// images during a pass alone.
void loader::state::hold_images(bool hold) {
  size_t element =
      options.dtype == RESNETC_F64 ? sizeof(double) : sizeof(float);
  for (batch_buffer &buffer : buffers)
    if (bool(buffer.images.data()) != hold)
      buffer.images = hold ? aligned_buffer(image_elements * element *
                                            options.batch)
                           : aligned_buffer();
}

/// Hands new bad images to the callback, or throws the first one, without
/// holding the lock.
void loader::state::report_bad(std::unique_lock<std::mutex> &lock) {
  std::vector<bad_report> news;
  news.swap(reports);
  bad_total += static_cast<int64_t>(news.size());
  lock.unlock();
  for (const bad_report &report : news) {
    const sample &image_file = samples[report.index];
    if (options.bad_images == bad_image_policy::fail)
      throw data_error(fmt::format("cannot read image {}: {}", image_file.path,
                                   report.reason));
    if (on_bad)
      on_bad(image_file, report.reason);
  }
  lock.lock();
}

loader::loader(const std::vector<sample> &samples, const transform_spec &spec,
               const loader_options &options, bad_image_callback on_bad,
               image_filter *filter)
    : self(std::make_unique<state>(samples, spec, options, std::move(on_bad),
                                   filter)) {}

loader::~loader() = default;

void loader::start(std::vector<int64_t> order, int64_t epoch) {
  std::unique_lock lock(self->mutex);
  self->stop_pass(lock);
  self->hold_images(true);
  self->order = std::move(order);
  self->epoch = epoch;
  self->work_changed.notify_all();
}

const batch *loader::next() {
  std::unique_lock lock(self->mutex);
  batch_buffer *buffer = &self->buffers[self->showing];
  if (buffer->with_consumer) { // done with: it can be filled again
    buffer->reset();
    self->showing = (self->showing + 1) % self->buffers.size();
    buffer = &self->buffers[self->showing];
    self->work_changed.notify_all();
  }
  auto at_end = [this] {
    return self->placed == static_cast<int64_t>(self->order.size());
  };
  self->batch_changed.wait(lock, [&] {
    return (buffer->closed && buffer->done == buffer->placed) ||
           (at_end() && buffer->size() == 0);
  });
  self->report_bad(lock);
  if (self->failure)
    std::rethrow_exception(self->failure);
  if (buffer->size() == 0) {
    if (self->good == 0 && self->first_bad)
      throw data_error(fmt::format(
          "none of the {} images can be read; the first is {}",
          self->order.size(), self->samples[self->first_bad->index].path));
    self->hold_images(false);
    return nullptr;
  }
  buffer->with_consumer = true;
  buffer->shown = {buffer->size(),          buffer->images.data(),
                   buffer->placed,          buffer->labels.data(),
                   buffer->sample_ids.data(), buffer->indices.data(),
                   buffer->places.data()};
  return &buffer->shown;
}

int64_t view_in_epoch(const sample &image, const loader_options &options,
                      int64_t epoch) {
  if (options.augment == augmentation::none)
    return 0;
  if (options.views == 0)
    return epoch;
  random_stream random(options.seed, random_purpose::view,
                       static_cast<uint64_t>(image.id),
                       static_cast<uint32_t>(epoch));
  return random.below(static_cast<uint32_t>(options.views));
}

int64_t loader::bad_count() const {
  std::unique_lock lock(self->mutex);
  return self->bad_total;
}

std::vector<int64_t> sequential_order(int64_t count) {
  std::vector<int64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  return order;
}

std::vector<int64_t> shuffled_order(int64_t count, uint64_t seed,
                                    int64_t epoch) {
  std::vector<int64_t> order = sequential_order(count);
  random_stream random(seed, random_purpose::shuffle,
                       static_cast<uint64_t>(epoch));
  for (int64_t left = count; left > 1; --left)
    std::swap(order[left - 1],
              order[random.below(static_cast<uint32_t>(left))]);
  return order;
}

} // namespace resnetc
