#include "measure/layer_times.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <tuple>

namespace resnetc {
namespace {

double sum_of(const std::vector<double> &values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

// The layer's place in the state_dict.
std::int64_t place_of(std::string_view layer, const resnetc_model &model) {
  std::string prefix = std::string(layer) + ".";
  for (std::int64_t i = 0; i < model.tensor_count; ++i)
    if (std::string_view(model.tensors[i].name).starts_with(prefix))
      return i;
  return model.tensor_count;
}

} // namespace

std::string_view name_of(const part_times &part) {
  constexpr std::string_view directions[] = {"forward", "dx", "dw"};
  if (!part.work)
    return "the rest";
  return part.work->direction == RESNETC_OTHER
             ? std::string_view(part.work->name)
             : directions[part.work->direction];
}

std::string_view layer_of(const part_times &part) {
  return !part.work || part.work->direction == RESNETC_OTHER
             ? std::string_view()
             : std::string_view(part.work->name);
}

layer_times::layer_times(const resnetc_variant &variant)
    : variant_(variant), seconds_(variant.work_count + 1) {
  for (std::int64_t i = 0; i < variant.loop_count; ++i) {
    const resnetc_loop &loop = variant.loops[i];
    portions_[loop.body].push_back({static_cast<std::size_t>(loop.work), 1});
  }
  for (auto &[body, portions] : portions_) {
    if (portions.size() == 1)
      continue;
    double flops = 0;
    for (portion &each : portions)
      flops += each.of_the_loop =
          static_cast<double>(variant.works[each.work].flops);
    for (portion &each : portions)
      each.of_the_loop /= flops;
  }
}

void layer_times::end_step(double seconds) {
  for (std::vector<double> &steps : seconds_)
    steps.push_back(0);
  for (auto [body, time] : loops_) {
    auto known = portions_.find(body);
    if (known == portions_.end())
      continue;
    double took = std::chrono::duration<double>(time).count();
    for (portion each : known->second)
      seconds_[each.work].back() += took * each.of_the_loop;
    seconds -= took;
  }
  seconds_.back().back() = seconds;
}

std::vector<part_times> layer_times::parts() const {
  double all = 0;
  for (const std::vector<double> &steps : seconds_)
    all += sum_of(steps);
  std::vector<part_times> parts;
  for (std::size_t i = 0; i < seconds_.size(); ++i) {
    std::vector<double> steps = seconds_[i];
    double sum = sum_of(steps);
    bool rest = i + 1 == seconds_.size();
    if (steps.empty() || (sum == 0 && !rest))
      continue;
    std::ranges::sort(steps);
    parts.push_back({rest ? nullptr : &variant_.works[i], steps.front(),
                     steps[steps.size() / 2], sum / all});
  }
  auto order = [&](const part_times &part) {
    bool layer = !layer_of(part).empty();
    return std::tuple(!part.work, !layer,
                      layer ? place_of(part.work->name, *variant_.model) : 0,
                      layer ? part.work->direction : 0, layer ? 0 : -part.share,
                      part.work);
  };
  std::ranges::sort(parts, {}, order);
  return parts;
}

} // namespace resnetc
