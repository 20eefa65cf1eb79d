// Sums of four-vectors given as pt, eta, phi, mass, and the nearest of points in pseudorapidity and azimuth.
#include <array>
#include <cassert>
#include <cmath>
#include <limits>

#include "mlaas/table/expression/kernels.h"
#include "mlaas/table/expression/physics.h"

namespace mlaas::table::expression {

namespace {

// Of one list of operands, constants included.
struct Reals {
  const double* values;
  size_t step;
  explicit Reals(const Operand& operand)
      : values(static_cast<const double*>(operand.values)), step(operand.constant ? 0 : 1) {}
  double operator[](size_t i) const { return values[i * step]; }
};

struct FourVector {
  double x = 0;
  double y = 0;
  double z = 0;
  double energy = 0;

  void add(double pt, double eta, double phi, double mass) {
    const double px = pt * std::cos(phi);
    const double py = pt * std::sin(phi);
    const double pz = pt * std::sinh(eta);
    addComponents(px, py, pz, std::sqrt(px * px + py * py + pz * pz + mass * mass));
  }
  void addComponents(double px, double py, double pz, double e) {
    x += px;
    y += py;
    z += pz;
    energy += e;
  }
};

template <VectorPart kPart>
double partOf(const FourVector& sum) {
  if constexpr (kPart == VectorPart::kPt) return std::hypot(sum.x, sum.y);
  if constexpr (kPart == VectorPart::kEta) return sum.z == 0 ? 0 : std::asinh(sum.z / std::hypot(sum.x, sum.y));
  if constexpr (kPart == VectorPart::kPhi) return std::atan2(sum.y, sum.x);
  if constexpr (kPart == VectorPart::kEnergy) return sum.energy;
  // The square may be below 0 by rounding; its root keeps the sign.
  const double square = sum.energy * sum.energy - sum.x * sum.x - sum.y * sum.y - sum.z * sum.z;
  return square < 0 ? -std::sqrt(-square) : std::sqrt(square);
}

template <VectorPart kPart, size_t kCount>
void sumLoop(const Operand* operands, size_t count, void* out) {
  auto* to = static_cast<double*>(out);
  for (size_t i = 0; i < count; ++i) {
    FourVector sum;
    for (size_t k = 0; k < 4 * kCount; k += 4) {
      sum.add(Reals(operands[k])[i], Reals(operands[k + 1])[i], Reals(operands[k + 2])[i], Reals(operands[k + 3])[i]);
    }
    to[i] = partOf<kPart>(sum);
  }
}

// kCartesian: the operands are components, else pt, eta, phi, mass.
template <VectorPart kPart, bool kCartesian>
void listLoop(const Operand* operands, const int64_t* offsets, size_t entries, const Operand& /*missing*/, void* out) {
  const Reals a(operands[0]);
  const Reals b(operands[1]);
  const Reals c(operands[2]);
  const Reals d(operands[3]);
  auto* to = static_cast<double*>(out);
  size_t at = 0;
  for (size_t i = 0; i < entries; ++i) {
    FourVector sum;
    for (const size_t end = at + static_cast<size_t>(offsets[i + 1] - offsets[i]); at < end; ++at) {
      if constexpr (kCartesian) {
        sum.addComponents(a[at], b[at], c[at], d[at]);
      } else {
        sum.add(a[at], b[at], c[at], d[at]);
      }
    }
    to[i] = partOf<kPart>(sum);
  }
}

template <bool kCartesian>
ReductionKernel reductionOf(VectorPart part) {
  switch (part) {
    case VectorPart::kPt:
      return listLoop<VectorPart::kPt, kCartesian>;
    case VectorPart::kEta:
      return listLoop<VectorPart::kEta, kCartesian>;
    case VectorPart::kPhi:
      return listLoop<VectorPart::kPhi, kCartesian>;
    case VectorPart::kEnergy:
      return listLoop<VectorPart::kEnergy, kCartesian>;
    case VectorPart::kMass:
      break;
  }
  return listLoop<VectorPart::kMass, kCartesian>;
}

template <VectorPart kPart>
ElementwiseKernel sumOf(size_t count) {
  constexpr std::array<ElementwiseKernel, kMaxVectors> kLoops = {sumLoop<kPart, 1>, sumLoop<kPart, 2>,
                                                                 sumLoop<kPart, 3>, sumLoop<kPart, 4>};
  assert(count >= 1 && count <= kMaxVectors);
  return kLoops[count - 1];
}

// kDistance: the distance of the nearest point, else its position.
template <bool kDistance>
void nearestLoop(const Operand* operands, const int64_t* fromOffsets, const int64_t* toOffsets, size_t entries,
                 void* out) {
  const Reals eta(operands[0]);
  const Reals phi(operands[1]);
  const Reals otherEta(operands[2]);
  const Reals otherPhi(operands[3]);
  size_t at = 0;
  for (size_t i = 0; i < entries; ++i) {
    const auto first = static_cast<size_t>(toOffsets[i] - toOffsets[0]);
    const auto last = static_cast<size_t>(toOffsets[i + 1] - toOffsets[0]);
    const size_t end = at + static_cast<size_t>(fromOffsets ? fromOffsets[i + 1] - fromOffsets[i] : 1);
    for (; at < end; ++at) {
      double best = std::numeric_limits<double>::infinity();
      int64_t position = -1;
      for (size_t k = first; k < last; ++k) {
        const double distance = DeltaR{}(eta[at], phi[at], otherEta[k], otherPhi[k]);
        if (distance < best) {
          best = distance;
          position = static_cast<int64_t>(k - first);
        }
      }
      if constexpr (kDistance) {
        static_cast<double*>(out)[at] = position < 0 ? Reals(operands[4])[at] : best;
      } else {
        static_cast<int64_t*>(out)[at] = position;
      }
    }
  }
}

}  // namespace

ElementwiseKernel vectorSumKernel(VectorPart part, size_t count) {
  switch (part) {
    case VectorPart::kPt:
      return sumOf<VectorPart::kPt>(count);
    case VectorPart::kEta:
      return sumOf<VectorPart::kEta>(count);
    case VectorPart::kPhi:
      return sumOf<VectorPart::kPhi>(count);
    case VectorPart::kEnergy:
      return sumOf<VectorPart::kEnergy>(count);
    case VectorPart::kMass:
      break;
  }
  return sumOf<VectorPart::kMass>(count);
}

ReductionKernel vectorReductionKernel(VectorPart part) { return reductionOf<false>(part); }
ReductionKernel componentReductionKernel(VectorPart part) { return reductionOf<true>(part); }

NeighbourKernel nearestKernel() { return nearestLoop<false>; }
NeighbourKernel nearestDistanceKernel() { return nearestLoop<true>; }

}  // namespace mlaas::table::expression
