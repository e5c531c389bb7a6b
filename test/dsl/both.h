// A query must give the same at compile time and at run time.
#ifndef RESNETC_TEST_BOTH_H
#define RESNETC_TEST_BOTH_H

#include <resnetc/dsl.h>

#include <gtest/gtest.h>

#define EXPECT_BOTH(expression, value)                                         \
  static_assert((expression) == (value));                                      \
  EXPECT_EQ([] { return expression; }(), (value))

/// The message of a spec's first mistake.
#define EXPECT_MISTAKE(spec, message)                                          \
  static_assert(resnetc::build(spec).error.what == message);                   \
  EXPECT_STREQ(resnetc::build(spec).error.what.c_str(), message)

#endif
