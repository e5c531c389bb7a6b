// Scales of activations that are kept in int8: in the order of a variant's
// table, and by name as checkpoints keep them.
#ifndef RESNETC_STATE_SCALES_H
#define RESNETC_STATE_SCALES_H

#include "resnetc/abi.h"

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace resnetc {

/// The rows that a variant needs scales for; none in f32, whose table is there
/// for what it finds out for one in int8.
std::span<const resnetc_scale> needed_scales(const resnetc_variant &variant);

/// Whether a number can be a scale: above zero, and finite.
bool is_scale(float number);

/// By the layer that the activation comes from.
using named_scales = std::map<std::string, float>;

/// `scales`: one a needed row.
named_scales name_scales(const resnetc_variant &variant,
                         std::span<const float> scales);

/// Back in the table's order; nothing where the variant needs none. Throws
/// file_error of `path` where they are not of this table, or there are none.
std::vector<float> order_scales(const resnetc_variant &variant,
                                const named_scales &scales,
                                const std::filesystem::path &path);

} // namespace resnetc

#endif
