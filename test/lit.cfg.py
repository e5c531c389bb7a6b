# Configuration of the compiler's lit tests; run through ctest, or by hand:
#   lit --param build=build/release --param llvm_bin=$(llvm-config-22 --bindir) test/Transforms
import os
import sys
import lit.formats

config.name = "resnetc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".rdsl"]
config.excludes = ["Inputs", "inputs"]
config.test_source_root = os.path.dirname(__file__)
build = os.path.abspath(lit_config.params["build"])
llvm_bin = os.path.abspath(lit_config.params["llvm_bin"])
config.test_exec_root = os.path.join(build, "test", "lit")
config.environment["PATH"] = os.pathsep.join([os.path.join(build, "bin"), llvm_bin, os.environ["PATH"]])
config.environment["LC_ALL"] = "C.UTF-8"
config.substitutions.append(("%dsl", os.path.join(config.test_source_root, "..", "dsl")))
config.substitutions.append(("%models", os.path.join(config.test_source_root, "..", "models")))
config.substitutions.append(("%build", build))
config.substitutions.append(("%python", sys.executable))
