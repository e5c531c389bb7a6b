#include "cli/command.h"
#include "data/png_write.h"
#include "report/format.h"
#include "report/json_text.h"
#include "train/checkpoint_model.h"
#include "train/metrics.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <numeric>

namespace resnetc {
namespace {

namespace fs = std::filesystem;

struct ranked {
  std::int64_t index;
  double probability;
};

struct prediction {
  std::string image;
  std::vector<ranked> top; // highest first; the lower index at a tie
};

std::vector<ranked> rank(std::vector<double> logits, std::size_t top) {
  softmax(logits);
  std::vector<std::int64_t> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, [&](std::int64_t a, std::int64_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  std::vector<ranked> best;
  for (std::size_t i = 0; i < std::min(top, order.size()); ++i)
    best.push_back({order[i], logits[order[i]]});
  return best;
}

// Two images of one name would be saved to one file.
void check_names(const std::vector<std::string> &images) {
  std::map<std::string, std::string> seen;
  for (const std::string &image : images) {
    auto [other, fresh] =
        seen.emplace(fs::path(image).filename().string(), image);
    if (!fresh)
      throw std::runtime_error(
          fmt::format("option --save-input: {} and {} would both be written to "
                      "{}.png; predict them apart",
                      other->second, image, other->first));
  }
}

class predictor {
public:
  predictor(const command_context &context, checkpoint_model &model,
            std::int64_t batch)
      : context_(context), model_(model), batch_(batch),
        orientation_(exif_of(context.options)),
        top_(context.options.whole("top", 5, 1, 1000000)),
        save_(context.options.text("save-input").value_or("")) {
    image_bytes_ =
        static_cast<std::size_t>(context.variant.model->height) *
        context.variant.model->width *
        context.variant.model->channels *
        (context.variant.dtype == RESNETC_F64 ? sizeof(double) : sizeof(float));
    images_ = aligned_buffer(batch * image_bytes_);
  }

  // Predicts all that can be read; `failures()` says how many could not.
  std::vector<prediction> run(const std::vector<std::string> &images) {
    std::vector<prediction> result;
    std::vector<std::string> ready;
    auto start = std::chrono::steady_clock::now();
    std::int64_t seen = 0;
    for (const std::string &image : images) {
      if (load(image, ready.size()))
        ready.push_back(image);
      if (static_cast<std::int64_t>(ready.size()) == batch_)
        predict(std::exchange(ready, {}), result);
      std::chrono::duration<double> passed =
          std::chrono::steady_clock::now() - start;
      if (images.size() > 1)
        context_.out.progress(format_evaluation(
            "prediction", ++seen, static_cast<std::int64_t>(images.size()),
            passed.count()));
    }
    if (!ready.empty())
      predict(ready, result);
    return result;
  }

  std::int64_t failures() const { return failures_; }

private:
  bool load(const std::string &path, std::size_t place) {
    try {
      image view = evaluation_view(read_image_file(path).bytes, orientation_,
                                   model_.input());
      std::byte *out = images_.as<std::byte>() + place * image_bytes_;
      if (context_.variant.dtype == RESNETC_F64)
        normaliser<double>(model_.input())
            .normalise(view.pixels.data(), reinterpret_cast<double *>(out));
      else
        normaliser<float>(model_.input())
            .normalise(view.pixels.data(), reinterpret_cast<float *>(out));
      if (!save_.empty())
        write_png(save_ / (fs::path(path).filename().string() + ".png"), view);
      return true;
    } catch (const bad_image &e) {
      if (bad_images_of(context_.options) == bad_image_policy::fail)
        throw std::runtime_error(fmt::format("{}: {}", path, e.what()));
      context_.out.fail(fmt::format("{}: {}", path, e.what()));
      ++failures_;
      return false;
    }
  }

  void predict(const std::vector<std::string> &images,
               std::vector<prediction> &result) {
    auto n = static_cast<std::int64_t>(images.size());
    std::span<const double> logits =
        model_.engine().logits(model_.engine().records(images_.data(), n), n);
    std::size_t classes = logits.size() / n;
    for (std::int64_t i = 0; i < n; ++i) {
      auto row = logits.subspan(i * classes, classes);
      result.push_back({images[i], rank({row.begin(), row.end()}, top_)});
    }
  }

  const command_context &context_;
  checkpoint_model &model_;
  std::int64_t batch_;
  exif orientation_;
  std::size_t top_;
  fs::path save_;
  std::size_t image_bytes_;
  aligned_buffer images_;
  std::int64_t failures_ = 0;
};

std::string as_json(const std::vector<prediction> &predictions,
                    const checkpoint_model &model) {
  auto json = nlohmann::ordered_json::array();
  for (const prediction &prediction : predictions) {
    auto top = nlohmann::ordered_json::array();
    for (const ranked &entry : prediction.top)
      top.push_back({{"class", model.class_name(entry.index)},
                     {"index", entry.index},
                     {"probability", entry.probability}});
    json.push_back({{"image", prediction.image}, {"top", top}});
  }
  // File names need not be UTF-8; what is not is replaced.
  return json_text(json) +
         "\n";
}

std::string as_text(const std::vector<prediction> &predictions,
                    const checkpoint_model &model) {
  std::string text;
  for (const prediction &prediction : predictions) {
    std::vector<std::string> words;
    for (const ranked &entry : prediction.top)
      words.push_back(fmt::format("{} {}", model.class_name(entry.index),
                                  format_percent(entry.probability)));
    text += fmt::format("{}: {}\n", prediction.image, fmt::join(words, ", "));
  }
  return text;
}

} // namespace

int predict_command(const command_context &context) {
  const arguments &options = context.options;
  const std::vector<std::string> &images = options.positional();
  if (images.empty())
    throw std::runtime_error(
        "predict needs at least one IMAGE after its options");
  if (options.given("save-input")) {
    check_names(images);
    std::error_code failure;
    fs::create_directories(options.required("save-input"), failure);
    if (failure)
      throw std::runtime_error(
          fmt::format("{}: the folder cannot be created ({})",
                      options.required("save-input"), failure.message()));
  }
  std::int64_t batch = std::min<std::int64_t>(
      batch_of(options), static_cast<std::int64_t>(images.size()));
  std::string checkpoint = options.required("checkpoint");
  checkpoint_model model(variant_for(context, checkpoint), checkpoint,
                         threads_of(options), batch,
                         images.size() == 1 ? engine_use::single_image
                                            : engine_use::inference);
  predictor predictor(context, model, batch);
  std::vector<prediction> predictions = predictor.run(images);
  context.out.result(options.given("json") ? as_json(predictions, model)
                                           : as_text(predictions, model));
  return predictor.failures() == 0 ? 0 : 1;
}

} // namespace resnetc
