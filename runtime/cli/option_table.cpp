// The one table of commands and options.
#include "cli/options.h"

namespace resnetc {
namespace {

constexpr unsigned train = command_train, eval = command_eval,
                   predict = command_predict, bench = command_bench,
                   step = command_step, info = command_info,
                   cache = command_cache;

constexpr option_row options[] = {
    {"data", "DIR", train | eval,
     "folder of images, one sub-folder a class (or train and val folders of "
     "them)"},
    {"val", "DIR", train,
     "folder of validation images; default: held out of --data"},
    {"val-split", "F", train,
     "fraction of each class to hold out for validation, at least one image; "
     "default 0.1"},
    {"weights", "FILE|random", train,
     "weights to start from (.safetensors or .pth), or random; default: the "
     "spec's"},
    {"checkpoint", "FILE", eval | predict,
     "weights to use: a checkpoint of this trainer, or a state_dict that fits"},
    {"precision", "TYPE", eval | predict,
     "of the frozen layers, such as f32; default: that of the checkpoint"},
    {"check-precision", "", train,
     "train behind frozen layers in f32, too, and tell the difference"},
    {"epochs", "N", train,
     "passes over the training images; default: the spec's, else 10"},
    {"batch", "N", train | eval | predict | bench, "images a step; default 32"},
    {"in", "FILE.safetensors", step,
     "images, labels and every parameter and buffer"},
    {"out", "FILE.safetensors", step,
     "logits, losses, gradients, and every parameter and buffer after the last "
     "step"},
    {"steps", "N", step, "training steps; default 3"},
    {"optimizer", "NAME", train | step,
     "sgd, adam or adamw; default: the spec's, else sgd (step: sgd)"},
    {"lr", "X", train | step,
     "learning rate; default: the spec's, else 0.01 (sgd) or 0.001 (step: "
     "0.01)"},
    {"momentum", "X", train | step,
     "momentum of sgd; default: the spec's, else 0.9"},
    {"nesterov", "on|off", train,
     "Nesterov momentum; default: the spec's, else off"},
    {"nesterov", "", step, "Nesterov momentum"},
    {"weight-decay", "X", train | step,
     "weight decay; default: the spec's, else 0, for adamw 0.01 (step: 0)"},
    {"label-smoothing", "X", train | step,
     "label smoothing, 0...1; default: the spec's, else 0 (step: 0)"},
    {"schedule", "constant|cosine|step:EVERY,FACTOR", train,
     "course of the learning rate; default: the spec's, else constant"},
    {"warmup", "EPOCHS", train,
     "epochs of linear warm-up; default: the spec's, else 0"},
    {"seed", "N", train, "seed of everything random; default 0"},
    {"augment", "auto|none|crop-flip", train,
     "random crops and flips; auto: none where at least half of the forward "
     "FLOPs are frozen"},
    {"exif", "honour|ignore", train | eval | predict,
     "orientation in EXIF data; default honour"},
    {"bad-images", "skip|fail", train | eval | predict,
     "unreadable images: name, count and skip them, or end; default skip"},
    {"out", "DIR", train,
     "folder for checkpoints and metrics; default runs/SPEC-N, N the first "
     "free number"},
    {"force", "", train, "write into --out although it exists"},
    {"no-cache", "", train | eval,
     "let the frozen layers see every image every time, and keep nothing"},
    {"cache-dir", "DIR", train | eval | cache,
     "where records of images are kept; default: resnetc in the user's cache "
     "folder"},
    {"cache-size", "N", train | eval,
     "bytes that folder may hold, such as 500M; what was used longest ago goes "
     "first; default 10G"},
    {"cache-dtype", "f32|bf16", train | eval,
     "f32 keeps records as computed, bf16 takes half the room and rounds them; "
     "default f32"},
    {"cache-verify", "", train | eval,
     "read every image file again, though its times say that it is as it was"},
    {"cache-views", "K", train,
     "with crop-flip: draw from K kept views of each image; default: new ones "
     "in each epoch"},
    {"sweep", "NAME=V,V...", train,
     "train once for each value, for all combinations where given several "
     "times, on one cache",
     true},
    {"top", "K", predict, "classes to name for each image; default 5"},
    {"save-input", "DIR", predict,
     "write the pixels that the network sees to DIR/NAME.png"},
    {"what", "infer|train|features|head", bench,
     "what to time: inference, whole steps, the frozen prefix, the steps "
     "behind it"},
    {"seconds", "S", bench, "how long to measure, about; default 5"},
    {"layers", "", bench,
     "where the time goes: a table of every layer's forward, dx and dw"},
    {"roofline", "FILE.svg", bench,
     "draw these beside the FMA peak and the memory's bandwidth"},
    {"json", "", eval | predict | bench | info | cache, "print JSON"},
    {"threads", "N", every_command, "worker threads; default: all cores"},
    {"help", "", every_command, "print this"},
};

constexpr command_row commands[] = {
    {command_train, "train", "", "train the model on a folder of images"},
    {command_eval, "eval", "",
     "loss and accuracy of a checkpoint on a folder of images"},
    {command_predict, "predict", "IMAGE...", "classes of single images"},
    {command_bench, "bench", "", "images a second, on random images in memory"},
    {command_step, "step", "",
     "training steps on given tensors, for comparison with other programs"},
    {command_cache, "cache", "list|verify|clear",
     "what is kept of images between runs"},
    {command_info, "info", "", "what this trainer was compiled for"},
};

} // namespace

std::span<const option_row> option_table() { return options; }
std::span<const command_row> command_table() { return commands; }

} // namespace resnetc
