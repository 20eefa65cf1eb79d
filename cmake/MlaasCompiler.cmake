# Compiler settings of every target: C++20, warnings, sanitizers, ccache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# Installed commands find libraries that lie outside the system's folders, such as OpenVINO's.
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
# Asserts state our own mistakes and cost little: only Release leaves them out.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1 -DNDEBUG")

add_library(mlaas_options INTERFACE)
target_include_directories(
  mlaas_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_options(mlaas_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # At -O3 g++ 12 sees overlapping copies in "literal" + std::string (GCC bug 105651).
  target_compile_options(mlaas_options INTERFACE -Wno-restrict)
  # And overflows in insertions into vectors.
  target_compile_options(mlaas_options INTERFACE $<$<CONFIG:Release>:-Wno-stringop-overflow>)
endif()
if(MLAAS_WARNINGS_AS_ERRORS)
  target_compile_options(mlaas_options INTERFACE -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 13)
    # What g++ concludes after inlining changes with its version: other versions than the tested one only warn.
    target_compile_options(
      mlaas_options INTERFACE -Wno-error=array-bounds -Wno-error=maybe-uninitialized -Wno-error=restrict
                              -Wno-error=stringop-overflow -Wno-error=stringop-overread)
  endif()
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # The oldest processors found in batch farms; wider vectors are chosen at run time.
  target_compile_options(mlaas_options INTERFACE -march=x86-64-v2)
endif()
# Binaries name sources as the repository does, wherever it lies.
target_compile_options(mlaas_options INTERFACE -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
# A product and a sum are two roundings: the same scores on every machine and compiler.
target_compile_options(mlaas_options INTERFACE -ffp-contract=off)
if(MLAAS_SANITIZE)
  target_compile_options(mlaas_options INTERFACE -fsanitize=${MLAAS_SANITIZE} -fno-sanitize-recover=all
                                                 -fno-omit-frame-pointer)
  target_link_options(mlaas_options INTERFACE -fsanitize=${MLAAS_SANITIZE})
endif()
if(MLAAS_FUZZ)
  # Coverage counters everywhere; main() comes with the targets (see mlaas_add_fuzz).
  target_compile_options(mlaas_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(MLAAS_CCACHE ccache)
if(MLAAS_CCACHE)
  # The first is what precompiled headers need ("Precompiled headers" in ccache's manual); with the other two, every
  # checkout of the project shares what one of them compiled.
  set(MLAAS_CCACHE_COMMAND
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${MLAAS_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MLAAS_CCACHE_COMMAND})
  set(CMAKE_C_COMPILER_LAUNCHER ${MLAAS_CCACHE_COMMAND})
endif()
