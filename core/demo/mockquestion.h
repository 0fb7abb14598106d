// SPDX-License-Identifier: GPL-3.0-or-later
// Reads a request to the mock: pure functions from bytes to a question or the mock's own refusal.
// Any thread.
#pragma once

#include "core/demo/mockanswer.h"

#include <optional>
#include <variant>

namespace sluice::demo {

/// The path without its query and with exactly one leading "/v1": base URLs come with and without.
QByteArray mockPath(QByteArrayView target);

/// The endpoint behind a mockPath(), if it takes questions.
std::optional<MockEndpoint> mockEndpoint(QByteArrayView path);

/// True if errors on that path have Anthropic's shape.
bool isAnthropicPath(QByteArrayView path);

/// What is wrong with a body, in one sentence; answered 400.
struct MockComplaint
{
    QString message;
};

/// Parses and checks a body as far as a real provider would before answering.
std::variant<MockQuestion, MockComplaint> readMockQuestion(
    MockEndpoint endpoint, const QByteArray &body, const MockOptions &options);

} // namespace sluice::demo
