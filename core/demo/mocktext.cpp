// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/demo/mocktext.h"

#include "core/demo/seededrandom.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <array>

namespace sluice::demo {

namespace {

constexpr std::array<const char *, 96> Words{"water", "gate", "river", "keeps", "level", "steady",
    "when", "the", "storm", "comes", "down", "from", "hills", "and", "every", "field", "takes",
    "its", "share", "without", "hurry", "a", "keeper", "counts", "what", "passes", "writes", "it",
    "in", "book", "by", "lamp", "light", "so", "nobody", "has", "to", "guess", "how", "much", "is",
    "left", "for", "morning", "some", "days", "mill", "asks", "more", "than", "pond", "can", "give",
    "then", "wheel", "waits", "while", "stream", "fills", "again", "slowly", "fair", "answer",
    "clear", "number", "beats", "long", "quarrel", "at", "edge", "of", "town", "children", "watch",
    "boats", "rise", "through", "lock", "one", "after", "another", "until", "evening", "brings",
    "quiet", "over", "old", "stone", "walls", "where", "moss", "drinks", "rain", "all", "year",
    "round"};

} // namespace

QList<QByteArray> mockTokens(quint64 seed, int count)
{
    SeededRandom random(seed);
    QList<QByteArray> tokens;
    tokens.reserve(count);
    int left = 0; // words until the sentence ends
    for (int i = 0; i < count; ++i) {
        QByteArray word(Words.at(random.below(Words.size())));
        if (left == 0) {
            word[0] = static_cast<char>(word.at(0) - 'a' + 'A');
            left = 6 + static_cast<int>(random.below(9));
        } else if (left > 2 && random.below(9) == 0) {
            word += ',';
        }
        --left;
        if (left == 0 || i + 1 == count) {
            word += '.';
            left = 0;
        }
        tokens.append(i == 0 ? word : ' ' + word);
    }
    return tokens;
}

quint64 seedFor(QByteArrayView text, quint64 base)
{
    // FNV-1a: qHash() differs between processes.
    quint64 hash = 0xcbf29ce484222325ULL ^ base;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3ULL;
    }
    return hash;
}

QByteArray jsonString(const QString &text)
{
    const QByteArray array = QJsonDocument(QJsonArray{text}).toJson(QJsonDocument::Compact);
    return array.sliced(1, array.size() - 2);
}

} // namespace sluice::demo
