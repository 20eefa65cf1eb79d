# Everything that the build takes from outside. Configure downloads nothing: tools/setup.sh installs, this file finds.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)

find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(simdjson REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(Boost REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(lzma REQUIRED IMPORTED_TARGET liblzma)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)

# OpenVINO: the engine of the inference server, from its Python package or from the system.
if(NOT OpenVINO_DIR)
  file(GLOB mlaas_openvino "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/openvino/cmake")
  if(mlaas_openvino)
    set(OpenVINO_DIR "${mlaas_openvino}" CACHE PATH "Folder of OpenVINOConfig.cmake")
  endif()
endif()
find_package(OpenVINO REQUIRED COMPONENTS Runtime)
# Installed commands find it where it was linked from; CMAKE_INSTALL_RPATH_USE_LINK_PATH leaves out folders inside the
# project, as .venv is.
list(APPEND CMAKE_INSTALL_RPATH "$<TARGET_FILE_DIR:openvino::runtime>")

# ONNX: its protobuf classes only.
find_package(Protobuf REQUIRED)
find_library(MLAAS_ONNX_PROTO onnx_proto REQUIRED)
find_path(MLAAS_ONNX_INCLUDE onnx/onnx_pb.h REQUIRED)

# libtorch: 1.13 (Debian) or anything newer.
find_package(Torch REQUIRED)

# XGBoost: its C interface.
find_library(MLAAS_XGBOOST xgboost REQUIRED)
find_path(MLAAS_XGBOOST_INCLUDE xgboost/c_api.h REQUIRED)

if(MLAAS_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(MLAAS_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()

# Lists what was found, at the end of configure.
function(mlaas_print_summary)
  message(STATUS "mlaas4hep ${PROJECT_VERSION}: ${CMAKE_BUILD_TYPE}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  message(STATUS "  libtorch ${Torch_VERSION}  OpenVINO ${OpenVINO_VERSION}  Boost ${Boost_VERSION}  XGBoost ${MLAAS_XGBOOST}")
  message(STATUS "  sanitizers '${MLAAS_SANITIZE}'  tests ${MLAAS_BUILD_TESTS}  benchmarks ${MLAAS_BUILD_BENCH}")
endfunction()
