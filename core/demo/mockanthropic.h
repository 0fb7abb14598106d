// SPDX-License-Identifier: GPL-3.0-or-later
// The mock's Anthropic dialect: pure functions from a question to bytes. Any thread.
// Wire shapes: Anthropic API reference (messages, streaming messages).
#pragma once

#include "core/demo/mockanswer.h"

namespace sluice::demo::mockanthropic {

MockAnswer message(const MockQuestion &question);
MockAnswer countTokens(const MockQuestion &question);
QByteArray models();

/// {"type":"error","error":{"type","message"}}
QByteArray error(int status, const QString &message);

} // namespace sluice::demo::mockanthropic
