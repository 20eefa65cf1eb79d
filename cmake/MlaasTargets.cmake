# How a layer, a part of a layer and a test are declared. tools/check_layers.py reads these calls.

# mlaas_add_layer(NAME SOURCES a.cpp ... [DEPENDS layer ...] [LIBRARIES target ...])
# Makes the library mlaas_NAME and its alias mlaas::NAME. NAME of a part is written with a slash in its folder and with
# an underscore as target: mlaas/train/trees is mlaas_add_layer(train_trees ...).
# DEPENDS   layers whose public headers this one may include; they are passed on to its users.
# LIBRARIES other people's libraries; they stay private.
function(mlaas_add_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "mlaas_add_layer(${name}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  add_library(mlaas_${name} STATIC ${ARG_SOURCES})
  add_library(mlaas::${name} ALIAS mlaas_${name})
  target_link_libraries(mlaas_${name} PRIVATE mlaas_options)
  target_include_directories(mlaas_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>)
  foreach(layer ${ARG_DEPENDS})
    target_link_libraries(mlaas_${name} PUBLIC mlaas_${layer})
  endforeach()
  target_link_libraries(mlaas_${name} PRIVATE ${ARG_LIBRARIES})
endfunction()

# mlaas_add_test(NAME SOURCES x_test.cpp ... DEPENDS layer ... [LIBRARIES target ...] [LABELS unit|conformance|slow ...])
# One GoogleTest executable of a folder; every TEST in it becomes one CTest.
function(mlaas_add_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LIBRARIES;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE mlaas_options GTest::gtest GTest::gtest_main ${ARG_LIBRARIES})
  foreach(layer ${ARG_DEPENDS})
    target_link_libraries(${name} PRIVATE mlaas_${layer})
  endforeach()
  gtest_discover_tests(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 120 DISCOVERY_TIMEOUT 60)
endfunction()

# mlaas_add_fuzz(NAME SOURCES fuzz_x.cpp DEPENDS layer ... CORPUS folder [LIBRARIES target ...])
# One libFuzzer target. Without MLAAS_FUZZ it is linked with a plain main that replays the corpus as a CTest, so that
# the target and what it once found are tested in every preset.
function(mlaas_add_fuzz name)
  cmake_parse_arguments(ARG "" "CORPUS" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE mlaas_options ${ARG_LIBRARIES})
  foreach(layer ${ARG_DEPENDS})
    target_link_libraries(${name} PRIVATE mlaas_${layer})
  endforeach()
  if(MLAAS_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
    add_test(NAME ${name}.replay COMMAND ${name} ${CMAKE_CURRENT_SOURCE_DIR}/${ARG_CORPUS})
    set_tests_properties(${name}.replay PROPERTIES LABELS "unit;fuzz" TIMEOUT 300)
  endif()
endfunction()
