// bench_decode: images a second from a folder of files to normalised NHWC float32 (decode, evaluation view, normalise)
// on one thread; decode.py sets it beside Pillow and torchvision.
//
//   bench_decode FOLDER [SECONDS]    prints the best and the median pass over the folder: "BEST MEDIAN"
#include "data/decode.h"
#include "data/image_file.h"
#include "data/transform.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

using namespace resnetc;

int main(int argc, char **argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_decode FOLDER [SECONDS]\n");
    return 2;
  }
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(argv[1]))
    files.push_back(entry.path());
  if (files.empty()) {
    std::fprintf(stderr, "%s: no files\n", argv[1]);
    return 1;
  }
  const double seconds = argc > 2 ? std::atof(argv[2]) : 2;
  const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
  const transform_spec spec{224, 224, 3, 256, mean, deviation};
  const normaliser<float> normaliser(spec);
  std::vector<float> input(224 * 224 * 3);

  using clock = std::chrono::steady_clock;
  auto since = [](clock::time_point begin) { return std::chrono::duration<double>(clock::now() - begin).count(); };
  std::vector<double> rates;
  try {
    for (const clock::time_point begin = clock::now(); rates.empty() || since(begin) < seconds;) {
      const clock::time_point pass = clock::now();
      for (const std::string &file : files)
        normaliser.normalise(evaluation_view(read_image_file(file).bytes, exif::honour, spec).pixels.data(), input.data());
      rates.push_back(static_cast<double>(files.size()) / since(pass));
    }
  } catch (const bad_image &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  std::ranges::sort(rates);
  std::printf("%.1f %.1f\n", rates.back(), rates[rates.size() / 2]);
}
