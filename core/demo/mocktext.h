// SPDX-License-Identifier: GPL-3.0-or-later
// What the mock provider says: seeded sentences, one word per token. Pure, any thread.
#pragma once

#include <QByteArray>
#include <QList>

namespace sluice::demo {

/// `count` tokens of seeded English-looking text; joined they are the answer. Plain ASCII letters,
/// blanks, commas and full stops only, so that they need no escaping in JSON.
QList<QByteArray> mockTokens(quint64 seed, int count);

/// A seed that depends on the text and the base seed only: equal requests get equal answers.
quint64 seedFor(QByteArrayView text, quint64 base);

/// text as a JSON string with its quotes.
QByteArray jsonString(const QString &text);

} // namespace sluice::demo
