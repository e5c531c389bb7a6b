#include "cli/bench_layers.h"

#include "report/format.h"
#include "report/roofline.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace resnetc {
namespace {

double gflops_of(const part_times &part, std::int64_t batch) {
  return flop_of(part, batch) / part.best / 1e9;
}

} // namespace

double flop_of(const part_times &part, std::int64_t batch) {
  return part.work ? static_cast<double>(part.work->flops * batch) : 0;
}

double bytes_of(const part_times &part, std::int64_t batch) {
  return part.work ? static_cast<double>(part.work->bytes_per_image * batch +
                                         part.work->bytes)
                   : 0;
}

std::string layer_table(const layer_times &times, const machine_limits &limits,
                        std::int64_t batch) {
  std::vector<std::vector<std::string>> rows{{"layer", "work", "ms", "median",
                                              "share", "GFLOP", "GFLOP/s",
                                              "of peak"}};
  for (const part_times &part : times.parts()) {
    rows.push_back({std::string(layer_of(part)), std::string(name_of(part)),
                    fmt::format("{:.3f}", 1e3 * part.best),
                    fmt::format("{:.3f}", 1e3 * part.median),
                    fmt::format("{:.1f} %", 100 * part.share)});
    if (double flop = flop_of(part, batch); flop > 0) {
      double gflops = gflops_of(part, batch);
      rows.back().insert(rows.back().end(),
                         {fmt::format("{:.2f}", flop / 1e9),
                          fmt::format("{:.0f}", gflops),
                          fmt::format("{:.2f}", gflops / limits.peak)});
    }
  }
  return fmt::format("FMA peak {:.0f} GFLOP/s\n", limits.peak) +
         format_table(rows, {false, false, true, true, true, true, true, true});
}

nlohmann::ordered_json layers_as_json(const layer_times &times,
                                      const machine_limits &limits,
                                      std::int64_t batch) {
  auto rows = nlohmann::ordered_json::array();
  for (const part_times &part : times.parts()) {
    nlohmann::ordered_json row;
    if (!layer_of(part).empty())
      row["layer"] = layer_of(part);
    row["work"] = name_of(part);
    row["ms_best"] = 1e3 * part.best;
    row["ms_median"] = 1e3 * part.median;
    row["share"] = part.share;
    if (double flop = flop_of(part, batch); flop > 0) {
      row["flop"] = flop;
      row["bytes"] = bytes_of(part, batch);
      row["gflops"] = gflops_of(part, batch);
      row["of_peak"] = gflops_of(part, batch) / limits.peak;
    }
    rows.push_back(row);
  }
  return rows;
}

std::string layer_roofline(const layer_times &times,
                           const machine_limits &limits, std::int64_t batch,
                           const std::string &title) {
  roofline picture{
      title, limits.peak, limits.bandwidth, {"forward", "dx", "dw"}, {}};
  for (const part_times &part : times.parts()) {
    double flop = flop_of(part, batch);
    if (flop == 0)
      continue;
    double gflops = gflops_of(part, batch);
    picture.marks.push_back(
        {std::string(layer_of(part)),
         static_cast<std::size_t>(part.work->direction),
         flop / bytes_of(part, batch), gflops, part.share,
         fmt::format("{} {}: {:.0f} GFLOP/s, {:.2f} of the peak, {:.3f} ms, "
                     "{:.1f} % of the step",
                     layer_of(part), name_of(part), gflops,
                     gflops / limits.peak, 1e3 * part.best, 100 * part.share)});
  }
  return roofline_as_svg(picture);
}

} // namespace resnetc
