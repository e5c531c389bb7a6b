#include "both.h"

using namespace resnetc;

TEST(Train, DefaultsAreThoseOfTheManual) {
  EXPECT_BOTH(build(resnet18()).training.epochs, 10);
  EXPECT_BOTH(build(resnet18()).training.optimizer.lr, 0.01);
  EXPECT_BOTH(build(resnet18()).training.optimizer.mu, 0.9);
  EXPECT_BOTH(build(resnet18()).training.schedule.kind ==
                  schedule_kind::constant,
              true);
}

TEST(Train, OptimizersHaveTheirOwnDefaults) {
  EXPECT_BOTH(sgd(0.1).mu, 0.0);
  EXPECT_BOTH(adam(1).decay, 0.0);
  EXPECT_BOTH(adamw(0.001).decay, 0.01);
  EXPECT_BOTH(sgd(0.1).momentum(0.9).weight_decay(1e-4).nesterov().lookahead,
              true);
}

TEST(Train, Schedules) {
  EXPECT_BOTH(cosine().warmup(1.5).warmup_epochs, 1.5);
  EXPECT_BOTH(step(3, 0.1).every, 3);
  EXPECT_BOTH(step(3, 0.1).factor, 0.1);
}

TEST(Train, Mistakes) {
  EXPECT_MISTAKE(resnet18().optimizer(sgd(0)),
                 "the learning rate must be above 0, got 0");
  EXPECT_MISTAKE(resnet18().optimizer(sgd(0.1).momentum(1)),
                 "momentum must be at least 0 and below 1, got 1");
  EXPECT_MISTAKE(resnet18().optimizer(sgd(0.1).weight_decay(-1)),
                 "weight_decay must be at least 0, got -1");
  EXPECT_MISTAKE(resnet18().optimizer(adam(0.1).momentum(0.5)),
                 "momentum belongs to sgd; adam has none");
  EXPECT_MISTAKE(resnet18().optimizer(adamw(0.1).nesterov()),
                 "nesterov belongs to sgd; adamw has none");
  EXPECT_MISTAKE(
      resnet18().optimizer(sgd(0.1).nesterov()),
      "nesterov needs momentum; write sgd(lr).momentum(0.9).nesterov()");
  EXPECT_MISTAKE(resnet18().schedule(step(0, 0.1)),
                 "step's number of epochs must be a whole number from 1 to "
                 "1000000, got 0");
  EXPECT_MISTAKE(resnet18().schedule(step(1, 0)),
                 "step's factor must be above 0, got 0");
  EXPECT_MISTAKE(resnet18().schedule(cosine().warmup(-1)),
                 "warmup must be 0 to 1000000 epochs, got -1");
  EXPECT_MISTAKE(
      resnet18().epochs(0),
      "the number of epochs must be a whole number from 1 to 1000000, got 0");
  EXPECT_MISTAKE(resnet18().label_smoothing(1),
                 "label_smoothing must be at least 0 and below 1, got 1");
}
