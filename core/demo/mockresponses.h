// SPDX-License-Identifier: GPL-3.0-or-later
// The mock's OpenAI Responses endpoint, text output only: pure functions. Any thread.
#pragma once

#include "core/demo/mockanswer.h"

namespace sluice::demo::mockresponses {

MockAnswer response(const MockQuestion &question);

} // namespace sluice::demo::mockresponses
