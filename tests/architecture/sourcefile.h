// SPDX-License-Identifier: GPL-3.0-or-later
// One source file as the architecture rules see it. Pure values.
#pragma once

#include <QString>
#include <QStringList>

#include <vector>

namespace sluice::architecture {

struct Include
{
    QString path; ///< as written between the quotes or brackets
    int line = 0; ///< 1-based
    bool quoted = false;
};

struct SourceFile
{
    QString path; ///< relative to the root of the tree, with slashes
    QStringList lines; ///< as they are
    QStringList code; ///< without comments and the insides of string literals
    std::vector<Include> includes;

    [[nodiscard]] bool isHeader() const;
    [[nodiscard]] bool isCpp() const;
    /// "core/limits" for core/limits/engine.h, "ui/models" for ui/models/..., "ui" for the rest of
    /// ui.
    [[nodiscard]] QString layer() const;
};

/// Reads one file; path is relative to root.
SourceFile readSource(const QString &root, const QString &path);

/// Every .h, .cpp, .sh and CMake file below the given folders of root, sorted by path.
std::vector<SourceFile> readTree(const QString &root, const QStringList &folders);

} // namespace sluice::architecture
