// SPDX-License-Identifier: GPL-3.0-or-later
// A small seeded generator (SplitMix64): the same seed gives the same sequence on every machine.
// Never for secrets. A value; one per user.
#pragma once

#include <QtGlobal>

namespace sluice::demo {

class SeededRandom
{
public:
    explicit SeededRandom(quint64 seed) : m_state(seed) { }

    quint64 next()
    {
        m_state += 0x9e3779b97f4a7c15ULL;
        quint64 z = m_state;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31);
    }

    /// Uniform in [0, bound); 0 for a bound of 0.
    quint64 below(quint64 bound) { return bound == 0 ? 0 : next() % bound; }

    /// True in `millionths` of 1 000 000 cases.
    bool chance(quint64 millionths) { return below(1'000'000) < millionths; }

private:
    quint64 m_state;
};

} // namespace sluice::demo
