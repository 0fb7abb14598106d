// SPDX-License-Identifier: GPL-3.0-or-later
// Random YAML files for tests: a tree of values and one of the many ways in which people write it,
// with the place of every scalar. Seeded; any thread.
#pragma once

#include <QByteArray>
#include <QRandomGenerator>
#include <QStringList>

#include <vector>

namespace sluice::test {

/// A value as a reader sees it.
struct Value
{
    enum class Kind : quint8 { Null, Scalar, Map, List };
    Kind kind = Kind::Null;
    QString text;
    bool isQuoted = false;
    std::vector<QString> keys; ///< of a map, beside children
    std::vector<Value> children;

    friend bool operator==(const Value &, const Value &) = default;
};

/// Where and how one value stands in the text.
struct Spot
{
    QStringList path;
    Value::Kind kind = Value::Kind::Null;
    qsizetype begin = 0; ///< bytes of a scalar; -1: a use of an anchor
    qsizetype end = 0;
    bool isSettable = false; ///< a scalar on one line
    bool isUndoable = false; ///< written as the patcher itself would write it
    bool isTidy = true; ///< a collection with entries and without a trailing comma
    bool isBlock = false;
    bool isShared = false; ///< an anchored value that is used elsewhere, or a use of one
};

struct Sample
{
    QByteArray text;
    Value value;
    std::vector<Spot> spots;
};

/// A random file of up to some dozen values.
Sample makeSample(quint32 seed);

/// Reads text with the parser's own node interface; aliases are followed.
Value readValue(const QByteArray &text);

/// The value at path, which must exist.
Value &valueAt(Value &root, const QStringList &path);

/// How many lines of a are not in b at the matching place, read in order.
qsizetype linesLost(const QByteArray &a, const QByteArray &b);

} // namespace sluice::test
