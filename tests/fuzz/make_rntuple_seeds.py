#!/usr/bin/env python3
"""Writes the seeds of fuzz_rntuple_file with ROOT: small ntuples with every kind of field and of column.

tests/unit/table/rntuple_kinds_test.cpp reads the same files and expects the values that are filled here.

Usage: .venv-test/bin/python3 tests/fuzz/make_rntuple_seeds.py [FOLDER]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import ROOT

CODE = r"""
#include <ROOT/RField.hxx>
#include <ROOT/RNTupleModel.hxx>
#include <ROOT/RNTupleWriteOptions.hxx>
#include <ROOT/RNTupleWriter.hxx>
#include <TFile.h>
#include <array>
#include <atomic>
#include <bitset>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

enum class SeedColor : std::int16_t { kRed = -3, kBlue = 300 };
struct SeedPoint { float x = 0; std::int32_t n = 0; };
struct SeedBase { std::int32_t id = 0; float same = 0; };
struct SeedDerived : public SeedBase { double same = 0; std::vector<SeedPoint> points; };
struct SeedStreamed { int number = 0; std::vector<float> list; };

using ROOT::RField;
using ROOT::RNTupleModel;
using ROOT::RNTupleWriter;
using Type = ROOT::ENTupleColumnType;

constexpr int kEntries = 60;
constexpr int kClusterEntries = 25;  // two clusters of 25 entries and one of 10

ROOT::RNTupleWriteOptions smallPages(int compression) {
  ROOT::RNTupleWriteOptions options;
  options.SetCompression(compression);
  options.SetInitialUnzippedPageSize(64);
  options.SetMaxUnzippedPageSize(64);
  return options;
}

// Ends a cluster, and every second time a cluster group too.
void endCluster(RNTupleWriter& writer, int entry) {
  if (entry % kClusterEntries == kClusterEntries - 1) writer.CommitCluster(entry > kClusterEntries);
}

void writeKinds(const char* path, int compression) {
  auto model = RNTupleModel::Create();
  auto i = model->MakeField<std::int32_t>("i");
  auto v = model->MakeField<std::vector<float>>("v");
  auto vv = model->MakeField<std::vector<std::vector<std::int16_t>>>("vv");
  auto s = model->MakeField<std::string>("s");
  auto vs = model->MakeField<std::vector<std::string>>("vs");
  auto a = model->MakeField<std::array<std::array<float, 2>, 3>>("a");
  auto av = model->MakeField<std::array<std::vector<std::uint8_t>, 2>>("av");
  auto o = model->MakeField<std::optional<double>>("o");
  auto u = model->MakeField<std::unique_ptr<std::int64_t>>("u");
  auto w = model->MakeField<std::variant<std::int32_t, std::string>>("w");
  auto b = model->MakeField<std::bitset<11>>("b");
  auto t = model->MakeField<std::tuple<std::uint16_t, std::vector<bool>>>("t");
  auto m = model->MakeField<std::vector<std::pair<std::int32_t, float>>>("m");
  auto e = model->MakeField<SeedColor>("e");
  auto k = model->MakeField<std::atomic<std::uint32_t>>("k");
  auto p = model->MakeField<std::vector<SeedPoint>>("p");
  auto d = model->MakeField<SeedDerived>("d");
  const auto source = [](const std::string& name) -> std::string {
    if (name == "px" || name == "np") return "p";
    return name == "px._0" ? "p._0.x" : name;
  };
  model->AddProjectedField(ROOT::RFieldBase::Create("px", "std::vector<float>").Unwrap(), source);
  model->AddProjectedField(std::make_unique<RField<ROOT::RNTupleCardinality<std::uint32_t>>>("np"), source);
  TFile file(path, "RECREATE");
  auto writer = RNTupleWriter::Append(std::move(model), "kinds", file, smallPages(compression));
  for (int n = 0; n < kEntries; ++n) {
    *i = n;
    v->assign(n % 4, n + 0.5F);
    vv->assign(n % 3, {});
    for (int j = 0; j < n % 3; ++j) (*vv)[j].assign(j, n);
    *s = std::to_string(n * n);
    vs->assign(n % 3, std::string(n % 5, 'x'));
    for (int j = 0; j < 6; ++j) (*a)[j / 2][j % 2] = n + 10 * j;
    for (int j = 0; j < 2; ++j) (*av)[j].assign((n + j) % 3, n);
    if (n % 2 == 0) *o = n; else o->reset();
    u->reset(n % 3 == 0 ? nullptr : new std::int64_t(n));
    if (n % 3 == 0) *w = n; else *w = std::to_string(n);
    *b = n * 31;
    std::get<0>(*t) = n;
    std::get<1>(*t).assign(n % 4, n % 2 == 1);
    m->assign(n % 2, {n, -n});
    *e = n % 2 == 0 ? SeedColor::kRed : SeedColor::kBlue;
    *k = 1000 * n;
    p->assign(n % 3, SeedPoint{n + 0.25F, n});
    d->id = -n;
    static_cast<SeedBase&>(*d).same = n;
    d->same = 2 * n;
    d->points.assign(n % 2, SeedPoint{1, 2});
    writer->Fill();
    endCluster(*writer, n);
  }
}

void addEncoded(RNTupleModel& model, const char* name, Type type) {
  const std::string wanted = name;
  auto field = ROOT::RFieldBase::Create(wanted + "_" + ROOT::Internal::RColumnElementBase::GetColumnTypeName(type),
                                        wanted == "f" ? "float" : wanted == "d" ? "double" : "std::" + wanted + "_t")
                   .Unwrap();
  field->SetColumnRepresentatives({{type}});
  model.AddField(std::move(field));
}

void writeEncodings(const char* path, int compression) {
  auto model = RNTupleModel::Create();
  const std::vector<std::pair<const char*, std::vector<Type>>> numbers = {
      {"int16", {Type::kInt16, Type::kSplitInt16}},   {"uint16", {Type::kUInt16, Type::kSplitUInt16}},
      {"int32", {Type::kInt32, Type::kSplitInt32}},   {"uint32", {Type::kUInt32, Type::kSplitUInt32}},
      {"int64", {Type::kInt64, Type::kSplitInt64}},   {"uint64", {Type::kUInt64, Type::kSplitUInt64}},
      {"f", {Type::kReal32, Type::kSplitReal32, Type::kReal16}}, {"d", {Type::kReal64, Type::kSplitReal64}}};
  for (const auto& [name, types] : numbers) {
    for (const Type type : types) addEncoded(*model, name, type);
  }
  for (const Type type : {Type::kIndex32, Type::kIndex64, Type::kSplitIndex32, Type::kSplitIndex64}) {
    auto field = std::make_unique<RField<std::vector<std::uint8_t>>>(
        std::string("v_") + ROOT::Internal::RColumnElementBase::GetColumnTypeName(type));
    field->SetColumnRepresentatives({{type}});
    model->AddField(std::move(field));
  }
  for (const int bits : {10, 17, 31}) {
    auto field = std::make_unique<RField<float>>("truncated" + std::to_string(bits));
    field->SetTruncated(bits);
    model->AddField(std::move(field));
  }
  for (const int bits : {1, 7, 20, 32}) {
    auto field = std::make_unique<RField<float>>("quantized" + std::to_string(bits));
    field->SetQuantized(0, kEntries - 1, bits);
    model->AddField(std::move(field));
  }
  TFile file(path, "RECREATE");
  auto writer = RNTupleWriter::Append(std::move(model), "encodings", file, smallPages(compression));
  auto entry = writer->CreateEntry();
  for (int n = 0; n < kEntries; ++n) {
    for (auto& value : *entry) {
      const std::string type = value.GetField().GetTypeName();
      void* to = value.GetPtr<void>().get();
      const int signedValue = n % 2 == 0 ? n : -n;
      if (type == "float" && value.GetField().GetFieldName()[0] == 'q') *static_cast<float*>(to) = n;
      else if (type == "float") *static_cast<float*>(to) = signedValue;
      else if (type == "double") *static_cast<double*>(to) = signedValue;
      else if (type == "std::int16_t") *static_cast<std::int16_t*>(to) = signedValue * 500;
      else if (type == "std::uint16_t") *static_cast<std::uint16_t*>(to) = n * 1000;
      else if (type == "std::int32_t") *static_cast<std::int32_t*>(to) = signedValue * 30000000;
      else if (type == "std::uint32_t") *static_cast<std::uint32_t*>(to) = n * 70000000u;
      else if (type == "std::int64_t") *static_cast<std::int64_t*>(to) = signedValue * (1ll << 56);
      else if (type == "std::uint64_t") *static_cast<std::uint64_t*>(to) = n * (1ull << 58);
      else static_cast<std::vector<std::uint8_t>*>(to)->assign(n % 5, n);
    }
    writer->Fill(*entry);
    endCluster(*writer, n);
  }
}

// Fields that are added after 30 entries, within a cluster.
void writeLate(const char* path, int compression) {
  auto model = RNTupleModel::Create();
  auto i = model->MakeField<std::int32_t>("i");
  TFile file(path, "RECREATE");
  auto writer = RNTupleWriter::Append(std::move(model), "late", file, smallPages(compression));
  int n = 0;
  for (; n < 30; ++n) {
    *i = n;
    writer->Fill();
    endCluster(*writer, n);
  }
  auto updater = writer->CreateModelUpdater();
  updater->BeginUpdate();
  auto x = updater->MakeField<double>("x");
  auto v = updater->MakeField<std::vector<std::int16_t>>("v");
  auto s = updater->MakeField<std::string>("s");
  auto a = updater->MakeField<std::array<std::array<std::int32_t, 2>, 2>>("a");
  auto av = updater->MakeField<std::array<std::vector<float>, 2>>("av");
  auto w = updater->MakeField<std::variant<std::int32_t, float>>("w");
  updater->CommitUpdate();
  for (; n < kEntries; ++n) {
    *i = n;
    *x = n;
    v->assign(n % 3, n);
    *s = std::to_string(n);
    for (int j = 0; j < 4; ++j) (*a)[j / 2][j % 2] = n + j;
    for (int j = 0; j < 2; ++j) (*av)[j].assign((n + j) % 2, n);
    if (n % 2 == 0) *w = n; else *w = static_cast<float>(n);
    writer->Fill();
    endCluster(*writer, n);
  }
}

// Fields whose representation differs from cluster to cluster.
void writeRepresentations(const char* path, int compression) {
  auto model = RNTupleModel::Create();
  const auto add = [&](auto field, const ROOT::RFieldBase::ColumnRepresentation_t& one,
                       const ROOT::RFieldBase::ColumnRepresentation_t& other) {
    field->SetColumnRepresentatives({one, other});
    model->AddField(std::move(field));
  };
  add(std::make_unique<RField<float>>("f"), {Type::kReal16}, {Type::kSplitReal32});
  add(std::make_unique<RField<double>>("d"), {Type::kReal32}, {Type::kSplitReal64});
  add(std::make_unique<RField<std::int32_t>>("i"), {Type::kInt32}, {Type::kSplitInt32});
  add(std::make_unique<RField<std::string>>("s"), {Type::kIndex32, Type::kChar}, {Type::kSplitIndex64, Type::kChar});
  add(std::make_unique<RField<std::vector<float>>>("v"), {Type::kIndex32}, {Type::kSplitIndex64});
  TFile file(path, "RECREATE");
  auto writer = RNTupleWriter::Append(std::move(model), "representations", file, smallPages(compression));
  auto entry = writer->CreateEntry();
  for (int n = 0; n < kEntries; ++n) {
    *entry->GetPtr<float>("f") = n;
    *entry->GetPtr<double>("d") = n;
    *entry->GetPtr<std::int32_t>("i") = -n;
    *entry->GetPtr<std::string>("s") = std::to_string(n);
    entry->GetPtr<std::vector<float>>("v")->assign(n % 3, n);
    writer->Fill(*entry);
    endCluster(*writer, n);
    for (const char* name : {"f", "d", "i", "s", "v"}) {
      if (n % kClusterEntries != kClusterEntries - 1) continue;
      auto& field = const_cast<ROOT::RFieldBase&>(writer->GetModel().GetConstField(name));
      const int representation = n < kClusterEntries ? 1 : 0;
      ROOT::Internal::RFieldRepresentationModifier::SetPrimaryColumnRepresentation(field, representation);
    }
  }
}

// Objects that ROOT's streamer stores whole, beside a field that can be read.
void writeStreamed(const char* path, int compression) {
  auto model = RNTupleModel::Create();
  model->AddField(std::make_unique<ROOT::RStreamerField>("st", "SeedStreamed"));
  auto i = model->MakeField<std::int32_t>("i");
  TFile file(path, "RECREATE");
  auto writer = RNTupleWriter::Append(std::move(model), "streamed", file, smallPages(compression));
  auto entry = writer->CreateEntry();
  for (int n = 0; n < kEntries; ++n) {
    *entry->GetPtr<std::int32_t>("i") = n;
    *entry->GetPtr<SeedStreamed>("st") = {7 * n, std::vector<float>(n % 3, n)};
    writer->Fill(*entry);
    endCluster(*writer, n);
  }
}
"""

UNCOMPRESSED, ZSTD = 0, 505


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0] if arguments else Path(__file__).parent / "corpus" / "fuzz_rntuple_file")
    folder.mkdir(parents=True, exist_ok=True)
    ROOT.gInterpreter.Declare(CODE)
    os.chdir(folder)  # a file records the path that it is written to
    ROOT.writeKinds("kinds.root", UNCOMPRESSED)
    ROOT.writeKinds("kinds_zstd.root", ZSTD)
    ROOT.writeEncodings("encodings.root", UNCOMPRESSED)
    ROOT.writeLate("late.root", UNCOMPRESSED)
    ROOT.writeRepresentations("representations.root", UNCOMPRESSED)
    ROOT.writeStreamed("streamed.root", ZSTD)


if __name__ == "__main__":
    main(sys.argv[1:])
