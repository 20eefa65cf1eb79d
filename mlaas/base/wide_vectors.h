// MLAAS_WIDE_VECTORS before a function: compiled for the baseline and for AVX2, chosen when the program is loaded.
// Only for functions with a plain loop over arrays; the two give the same results.
#pragma once

// Sanitizers do not bear the resolvers, which run before them.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_UNDEFINED__)
#define MLAAS_WIDE_VECTORS __attribute__((target_clones("avx2", "default")))
#else
#define MLAAS_WIDE_VECTORS
#endif
