// SPDX-License-Identifier: GPL-3.0-or-later
// Random configuration files with limits of every kind in every style, for property tests of edits.
#pragma once

#include <QByteArray>
#include <QByteArrayList>
#include <QRandomGenerator>
#include <QString>

namespace sluice::test {

/// Writes one random file; the same seed writes the same file. Every comment is unique ("# c17"),
/// so that a test sees which one an edit has lost.
class LimitDocument
{
public:
    explicit LimitDocument(quint32 seed) : m_random(seed) { }

    QByteArray write();

private:
    struct Entry
    {
        QByteArray key;
        QByteArray value;
    };

    using Entries = QList<Entry>;

    int below(int count) { return int(m_random.bounded(count)); }

    bool chance(int percent) { return below(100) < percent; }

    QByteArray pick(const QByteArrayList &words) { return words.at(below(int(words.size()))); }

    QByteArray number() { return QByteArray::number(1 + below(5000)); }

    QByteArray comment();
    void line(int indent, const QByteArray &text);
    QByteArray quotedOrPlain(const QByteArray &text);
    QByteArray flow(const Entries &entries);
    void common(Entries &entries, const QByteArray &amount, bool isBucket, bool isShared);
    Entries bucket(const QByteArray &name, bool isShared);
    Entries usage(const QByteArray &name);
    Entries spending(const QByteArray &name);
    Entries concurrency(const QByteArray &name);
    void writeMap(int indent, const QByteArray &key, const Entries &entries);
    void writeItem(int indent, const Entries &entries);
    void writeBuckets(int indent, const QByteArray &key, bool isShared);
    void writeList(
        int indent, const QByteArray &key, Entries (LimitDocument::*item)(const QByteArray &));
    void writePolicies(int indent);
    void writeBlock(int indent);

    QRandomGenerator m_random;
    QByteArray m_text;
    int m_comments = 0;
    int m_names = 0;
};

} // namespace sluice::test
