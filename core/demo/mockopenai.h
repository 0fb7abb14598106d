// SPDX-License-Identifier: GPL-3.0-or-later
// The mock's OpenAI dialect: pure functions from a question to bytes. Any thread.
// Wire shapes: OpenAI API reference (chat, completions, embeddings, models).
#pragma once

#include "core/demo/mockanswer.h"

namespace sluice::demo::mockopenai {

MockAnswer chat(const MockQuestion &question);
MockAnswer completion(const MockQuestion &question);
MockAnswer embeddings(const MockQuestion &question);

/// The list of models, or one of them.
QByteArray models();
QByteArray model(const QString &id);

/// {"error":{"message","type","param","code"}}
QByteArray error(int status, const QString &message, const QString &code);

/// Token counts as chat and completions report them.
QByteArray usage(const MockBill &bill);

} // namespace sluice::demo::mockopenai
