// The loops that compute: one for each operator or function and kind of its operands.
// Integers: + - * and ** wrap modulo 2^64; % has the sign of the divisor and is 0 for a divisor of 0.
// Floats:   IEEE 754; min and max give NaN where an operand is NaN.
#pragma once

#include <string_view>

#include "mlaas/table/expression/node.h"
#include "mlaas/table/expression/syntax.h"

namespace mlaas::table::expression {

// Addition, subtraction, multiplication, modulo and power on two operands of `kind` (not kBool); division and a power
// of float64 only. An integer power takes exponents of at least 0.
ElementwiseKernel arithmeticKernel(Operator op, Kind kind);
// Two operands of any kinds but kBool, compared by value: exact between integers and floats. Strings go with strings
// and have kEqual and kNotEqual only.
ElementwiseKernel comparisonKernel(Operator op, Kind left, Kind right);
ElementwiseKernel andKernel();
ElementwiseKernel orKernel();
ElementwiseKernel notKernel();
// kBitAnd, kBitOr, kBitXor of two operands of `kind`, not kFloat64.
ElementwiseKernel bitKernel(Operator op, Kind kind);
// Of `kind` by an int64; beyond [0, 63] nothing of the operand is left but its sign.
ElementwiseKernel shiftKernel(Operator op, Kind kind);
ElementwiseKernel bitNotKernel(Kind kind);
// Not for kBool.
ElementwiseKernel negateKernel(Kind kind);
// Condition, value if true, value if false.
ElementwiseKernel selectKernel(Kind kind);
// Values of `from` as `to`; to kBool means != 0. Between int64 and uint64 modulo 2^64.
ElementwiseKernel convertKernel(Kind from, Kind to);
// Values as a column stores them to kindOf(from).
ElementwiseKernel loadKernel(DType from);

// Element by element, of two operands of one kind but kBool.
ElementwiseKernel smallerKernel(Kind kind);
ElementwiseKernel largerKernel(Kind kind);
ElementwiseKernel absoluteKernel(Kind kind);
ElementwiseKernel signKernel(Kind kind);
// A function of one float64; null if there is none of this name.
ElementwiseKernel mathKernel(std::string_view name);
// A function of several float64 (atan2, hypot, DeltaPhi, ...); null if there is none of this name.
ElementwiseKernel multiMathKernel(std::string_view name);
// isnan, isinf, isfinite of a float64; null if there is none of this name.
ElementwiseKernel classifyKernel(std::string_view name);

// sum takes every kind, a bool as 0 or 1 (int64); mean is of float64; min and max of every kind but kBool; any and all
// of kBool.
ReductionKernel sumKernel(Kind kind);
ReductionKernel meanKernel();
ReductionKernel minimumKernel(Kind kind);
ReductionKernel maximumKernel(Kind kind);
ReductionKernel anyKernel();
ReductionKernel allKernel();
ReductionKernel minimumPositionKernel(Kind kind);
ReductionKernel maximumPositionKernel(Kind kind);
ReductionKernel firstKernel(Kind kind);
ReductionKernel lastKernel(Kind kind);
ReductionKernel productKernel(Kind kind);
// Of float64, divided by the number of elements.
ReductionKernel varianceKernel();
ReductionKernel deviationKernel();

// Sorting is stable, NaN come last; not for kBool.
ListKernel sortKernel(Kind kind, bool ascending);
ListKernel argsortKernel(Kind kind, bool ascending);
ListKernel reverseKernel(Kind kind);
// 0, 1, 2, ...
ListKernel positionsKernel();

// A part of the sum of four-vectors given as pt, eta, phi, mass.
enum class VectorPart : uint8_t { kPt, kEta, kPhi, kMass, kEnergy };
inline constexpr size_t kMaxVectors = 4;
// Of `count` vectors, 4 * count operands; count is 1 to kMaxVectors.
ElementwiseKernel vectorSumKernel(VectorPart part, size_t count);
// Of the vectors of each list, 4 operands.
ReductionKernel vectorReductionKernel(VectorPart part);
// The same of 4 operands px, py, pz, energy.
ReductionKernel componentReductionKernel(VectorPart part);
// The position of the nearest, -1 if there is none.
NeighbourKernel nearestKernel();
// The distance to it.
NeighbourKernel nearestDistanceKernel();

}  // namespace mlaas::table::expression
