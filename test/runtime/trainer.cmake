# The trainer's tests. The programs under test are a hand-written model, linked as resnetc links a compiled one.
function(resnetc_fake_trainer name)
  add_executable(${name} EXCLUDE_FROM_ALL fake_model.cpp)
  target_compile_definitions(${name} PRIVATE ${ARGN})
  target_link_libraries(${name} PRIVATE resnetc_abi ${RESNETC_TRAINER_LINK})
  add_dependencies(${name} resnetc_main resnetc_runtime)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test/bin LINK_DEPENDS
    "$<TARGET_FILE:resnetc_main>;$<TARGET_FILE:resnetc_runtime>")
  add_dependencies(resnetc-tests ${name})
endfunction()
resnetc_fake_trainer(fake_trainer)
resnetc_fake_trainer(fake_trainer_f64 FAKE_ELEMENT=double)
resnetc_fake_trainer(fake_trainer_whole FAKE_WHOLE=1 FAKE_HASH="whole")
resnetc_fake_trainer(fake_trainer_other_cpu FAKE_CPU="avx9000")

resnetc_gtest(test_train_pool train_pool.cpp LIBS resnetc_runtime)
resnetc_gtest(test_train_rules train_rules.cpp LIBS resnetc_runtime)
resnetc_gtest(test_cli_options cli_options.cpp LIBS resnetc_runtime)
add_test(NAME cli_trainer
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/cli_trainer.py ${PROJECT_BINARY_DIR}/test/bin)
