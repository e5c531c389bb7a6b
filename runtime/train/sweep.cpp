#include "train/sweep.h"

#include "report/format.h"
#include "report/line_chart.h"
#include "state/atomic_file.h"
#include "train/interrupt.h"
#include "train/run_folder.h"
#include "train/trainer.h"

#include <algorithm>
#include <fmt/format.h>

namespace resnetc {
namespace {

namespace fs = std::filesystem;

struct outcome {
  std::string name;
  run_result run;
};

bool stopped(const outcome &each) {
  return each.run.exit_code == interrupted_exit;
}

bool finished(const outcome &each) {
  return each.run.failure.empty() && !stopped(each);
}

/// Where records hang on the seed, runs of other seeds have others: the frozen
/// weights are drawn by it, or the crops.
bool one_set_of_records(const std::vector<sweep_case> &cases) {
  const train_settings &common = cases.front().settings;
  bool by_seed = common.weights == "random" || common.views > 0;
  return !by_seed || std::ranges::all_of(cases, [&](const sweep_case &each) {
    return each.settings.seed == common.seed;
  });
}

void say_what_is_shared(const resnetc_variant &variant,
                        const std::vector<sweep_case> &cases, console &out) {
  const train_settings &settings = cases.front().settings;
  augmentation augment = choose_augmentation(settings.augment, *variant.model);
  bool shared = variant.features && settings.cache.on &&
                (augment == augmentation::none || settings.views > 0);
  if (shared)
    return out.say(fmt::format(
        "{} runs; the frozen layers see each image once for all {}.",
        cases.size(),
        one_set_of_records(cases) ? "of them" : "of the same seed"));
  out.say(fmt::format(
      "{} runs; {}, so each trains from the images: {} times the work of one.",
      cases.size(),
      !variant.features    ? "nothing is frozen before the first trained layer"
      : settings.cache.on ? "each epoch has new crops"
                          : "the cache is off",
      cases.size()));
}

double seconds_of(const run_result &run) {
  double seconds = 0;
  for (const epoch_metrics &row : run.epochs)
    seconds += row.seconds;
  return seconds;
}

std::string table_of(const std::vector<outcome> &ranked) {
  std::vector<std::vector<std::string>> rows{
      {"run", "epoch", "top-1", "val loss", "train loss", "time"}};
  for (const outcome &each : ranked) {
    if (!finished(each)) {
      rows.push_back({each.name, "-", "-",
                      stopped(each) ? "stopped" : "not finite", "-", "-"});
      continue;
    }
    const epoch_metrics &best = each.run.best;
    rows.push_back({each.name, fmt::format("{}", best.epoch),
                    format_percent(best.val_top1),
                    fmt::format("{:.4f}", best.val_loss),
                    fmt::format("{:.4f}", best.train_loss),
                    format_duration(seconds_of(each.run))});
  }
  return format_table(rows, {false, true, true, true, true, true});
}

void write_table(const fs::path &path, const std::vector<outcome> &ranked) {
  atomic_file file(path);
  file.write("run,best_epoch,val_top1,val_loss,train_loss,seconds\n");
  for (const outcome &each : ranked) {
    const epoch_metrics &best = each.run.best;
    file.write(finished(each)
                   ? fmt::format("\"{}\",{},{},{},{},{:.3f}\n", each.name,
                                 best.epoch, best.val_top1, best.val_loss,
                                 best.train_loss, seconds_of(each.run))
                   : fmt::format("\"{}\",,,,,\n", each.name));
  }
  file.commit();
}

void write_curves(const fs::path &path, const std::vector<outcome> &ranked) {
  chart loss{"validation loss", "epoch", {}}, top1{"validation top-1", "epoch", {}};
  for (const outcome &each : ranked) {
    curve losses{each.name, {}}, accuracies{each.name, {}};
    for (const epoch_metrics &row : each.run.epochs) {
      losses.points.emplace_back(row.epoch, row.val_loss);
      accuracies.points.emplace_back(row.epoch, row.val_top1);
    }
    loss.curves.push_back(std::move(losses));
    top1.curves.push_back(std::move(accuracies));
  }
  atomic_file file(path);
  file.write(charts_as_svg({loss, top1}));
  file.commit();
}

void say_outcome(const outcome &each, const std::string &title, console &out) {
  if (!each.run.failure.empty())
    return out.say(title + each.run.failure);
  if (stopped(each))
    return out.say(title + "stopped; what it has learned is in " +
                   run_folder{each.run.folder}.last().string());
  if (!each.run.epochs.empty())
    out.say(fmt::format("{}best epoch {}, validation loss {:.4f}, top-1 {}; {}",
                        title, each.run.best.epoch, each.run.best.val_loss,
                        format_percent(each.run.best.val_top1),
                        format_duration(seconds_of(each.run))));
}

void report(std::vector<outcome> outcomes, const fs::path &folder,
            console &out) {
  auto ahead = [](const outcome &a, const outcome &b) {
    if (!finished(a) || !finished(b))
      return finished(a) > finished(b);
    return better(a.run.best, b.run.best);
  };
  for (auto each = outcomes.begin(); each != outcomes.end(); ++each) // stable
    std::rotate(std::upper_bound(outcomes.begin(), each, *each, ahead), each,
                std::next(each));
  write_table(folder / "sweep.csv", outcomes);
  write_curves(folder / "sweep.svg", outcomes);
  out.say("");
  out.result(table_of(outcomes));
  if (!finished(outcomes.front()))
    return out.say(std::ranges::any_of(outcomes, stopped)
                       ? "No run has come to its end."
                       : "No run stayed finite; try lower learning rates.");
  run_folder best{outcomes.front().run.folder};
  out.say(fmt::format(
      "Best: {}. It was chosen by the validation images, which makes its top-1 "
      "on them look better than it is; judge {} by others with eval.",
      outcomes.front().name, best.best().string()));
  out.say(fmt::format("Curves: {}.", (folder / "sweep.svg").string()));
}

} // namespace

int sweep(const resnetc_variant &variant, const resnetc_variant &plain,
          const std::vector<sweep_case> &cases, console &out) {
  const train_settings &common = cases.front().settings;
  for (const sweep_case &each : cases)
    check_training_batch(each.settings.batch, *variant.model);
  prefix_caches caches(common.cache);
  say_what_is_shared(variant, cases, out);
  interrupt_guard interrupt; // between the runs, too
  fs::path folder;
  std::vector<outcome> outcomes;
  for (const sweep_case &each : cases) {
    bool first = outcomes.empty();
    train_settings settings = each.settings;
    settings.sub_folder = each.name;
    settings.brief = true;
    settings.title =
        fmt::format("{}/{} {} ", outcomes.size() + 1, cases.size(), each.name);
    if (!first) { // the first run has created it, and said what they share
      settings.out = folder;
      settings.force = true;
    }
    out.mute(!first);
    run_result run;
    try {
      run = train(variant, plain, settings, caches, out);
    } catch (...) { // what is done is not lost
      out.mute(false);
      if (!first)
        report(std::move(outcomes), folder, out);
      throw;
    }
    out.mute(false);
    folder = run.folder.parent_path();
    outcomes.push_back({each.name, std::move(run)});
    say_outcome(outcomes.back(), settings.title, out);
    if (interrupt.interrupted())
      break;
  }
  if (outcomes.size() < cases.size())
    out.say(format_number_of(cases.size() - outcomes.size(), "run") +
            (cases.size() - outcomes.size() == 1 ? " was" : " were") +
            " not started.");
  bool some = std::ranges::any_of(outcomes, finished);
  report(std::move(outcomes), folder, out);
  return interrupt.interrupted() ? interrupted_exit : some ? 0 : 1;
}

} // namespace resnetc
