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
find_package(ZLIB REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto SSL)

pkg_check_modules(deflate REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(lz4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)

# liblzma: 5.6 decodes 1.4 times as fast as what Debian 12 has, with the same interface since 5.2. Where the system's is
# older, the one that Pillow's Python package carries is linked instead, against the system's headers.
pkg_check_modules(lzma REQUIRED IMPORTED_TARGET liblzma)
set(MLAAS_LZMA "" CACHE FILEPATH "liblzma to link, 5.2 or newer; empty: the newest of the system's and .venv's")
set(mlaas_lzma_file "${MLAAS_LZMA}")
if(NOT mlaas_lzma_file AND lzma_VERSION VERSION_LESS 5.6)
  file(GLOB mlaas_lzma_file "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/pillow.libs/liblzma-*.so.5.*")
endif()
add_library(mlaas_lzma INTERFACE)
if(mlaas_lzma_file)
  if(NOT EXISTS "${mlaas_lzma_file}")
    message(FATAL_ERROR "MLAAS_LZMA: no file '${mlaas_lzma_file}'; name a liblzma.so, or leave it empty")
  endif()
  target_include_directories(mlaas_lzma SYSTEM INTERFACE ${lzma_INCLUDE_DIRS})
  target_link_libraries(mlaas_lzma INTERFACE "${mlaas_lzma_file}")
  get_filename_component(mlaas_lzma_folder "${mlaas_lzma_file}" DIRECTORY)
  list(APPEND CMAKE_INSTALL_RPATH "${mlaas_lzma_folder}")
else()
  target_link_libraries(mlaas_lzma INTERFACE PkgConfig::lzma)
  set(mlaas_lzma_file "${lzma_VERSION}")
endif()

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

# Arrow C++: Parquet, CSV and NDJSON files. Optional; from the Python package pyarrow in .venv, or from the system.
option(MLAAS_ARROW "Read Parquet, CSV and NDJSON files, where Arrow C++ is found" ON)
if(MLAAS_ARROW)
  add_library(mlaas_arrow INTERFACE)
  file(GLOB mlaas_pyarrow "${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/pyarrow")
  file(GLOB mlaas_arrow_files "${mlaas_pyarrow}/libarrow.so.*" "${mlaas_pyarrow}/libparquet.so.*")
  if(mlaas_pyarrow AND mlaas_arrow_files)
    target_include_directories(mlaas_arrow SYSTEM INTERFACE "${mlaas_pyarrow}/include")
    target_link_libraries(mlaas_arrow INTERFACE ${mlaas_arrow_files})
    list(APPEND CMAKE_INSTALL_RPATH "${mlaas_pyarrow}")
    set(mlaas_arrow_found "${mlaas_pyarrow}")
  else()
    find_package(Parquet QUIET)
    if(Parquet_FOUND)
      target_link_libraries(mlaas_arrow INTERFACE Parquet::parquet_shared Arrow::arrow_shared)
      set(mlaas_arrow_found "${Parquet_VERSION}")
    else()
      set(MLAAS_ARROW OFF)
    endif()
  endif()
endif()

# ONNX: its protobuf classes only.
find_package(Protobuf REQUIRED)
find_library(MLAAS_ONNX_PROTO onnx_proto REQUIRED)
find_path(MLAAS_ONNX_INCLUDE onnx/onnx_pb.h REQUIRED)

# Uploads and images that clients send to the server.
pkg_check_modules(archive REQUIRED IMPORTED_TARGET libarchive)
# The C++ client of the server; optional.
find_package(CURL 7.85)
pkg_check_modules(png REQUIRED IMPORTED_TARGET libpng)
pkg_check_modules(turbojpeg REQUIRED IMPORTED_TARGET libturbojpeg)

# gRPC: its C++ library and the generator of its service classes.
find_program(MLAAS_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)
find_library(MLAAS_GRPCPP grpc++ REQUIRED)
find_library(MLAAS_GRPC grpc REQUIRED)
find_library(MLAAS_GPR gpr REQUIRED)
# Its headers use Abseil's mutex.
find_library(MLAAS_ABSL_SYNCHRONIZATION absl_synchronization REQUIRED)
set(MLAAS_GRPC_LIBRARIES ${MLAAS_GRPCPP} ${MLAAS_GRPC} ${MLAAS_GPR} ${MLAAS_ABSL_SYNCHRONIZATION})

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
  message(STATUS "  liblzma ${mlaas_lzma_file}")
  if(MLAAS_ARROW)
    message(STATUS "  Arrow ${mlaas_arrow_found}")
  else()
    message(STATUS "  no Arrow: Parquet, CSV and NDJSON files are refused")
  endif()
  message(STATUS "  sanitizers '${MLAAS_SANITIZE}'  tests ${MLAAS_BUILD_TESTS}  benchmarks ${MLAAS_BUILD_BENCH}")
endfunction()
