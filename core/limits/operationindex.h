// SPDX-License-Identifier: GPL-3.0-or-later
// Raises and blocks as a decision asks for them. Owned by one Engine; not thread-safe.
#pragma once

#include "core/base/bytehash.h"
#include "core/limits/operations.h"
#include "core/limits/subject.h"

#include <QHash>

namespace sluice::limits {

class OperationIndex final
{
public:
    void set(const Operations &operations);

    [[nodiscard]] bool hasRaises() const { return !m_raises.isEmpty(); }

    /// The raise of one counter that is in force, or null.
    [[nodiscard]] const Raise *raiseOf(
        const QByteArray &limit, const QByteArray &value, EngineTime now) const;

    /// The block that a request meets, or null.
    [[nodiscard]] const Block *blockOf(const Subject &subject, EngineTime now) const;

private:
    using Named = std::pair<QByteArray, QByteArray>;

    struct BlockKey
    {
        Segment segment;
        QByteArray value;

        friend bool operator==(const BlockKey &, const BlockKey &) = default;

        friend size_t qHash(const BlockKey &key, size_t seed = 0)
        {
            return qHashMulti(seed, static_cast<int>(key.segment.kind),
                ByteHasher()(key.segment.property), ByteHasher()(key.value));
        }
    };

    [[nodiscard]] const Block *find(
        const Segment &segment, const QByteArray &value, EngineTime now) const;

    QHash<Named, Raise> m_raises;
    QHash<BlockKey, Block> m_blocks;
};

} // namespace sluice::limits
