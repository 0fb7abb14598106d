// SPDX-License-Identifier: GPL-3.0-or-later
// Which team and which person a key, a team or a member stands for, as the configuration says.
// A value; GUI thread.
#pragma once

#include "core/config/configuration.h"
#include "core/insight/subject.h"

#include <QHash>

#include <memory>

namespace sluice::ui {

struct Belonging
{
    QByteArray team; ///< of a key or a member, or the team itself; may be empty
    QByteArray member; ///< the owner of a key, or the member without its team; may be empty
    QList<QByteArray> members; ///< of a team, in file order
};

class Belongings
{
public:
    /// May be null.
    void setConfiguration(std::shared_ptr<const config::Configuration> configuration);

    /// Nothing for users and properties: they belong to nobody.
    [[nodiscard]] Belonging of(const insight::SubjectId &subject) const;

private:
    std::shared_ptr<const config::Configuration> m_configuration; ///< the tables point into it
    QHash<QByteArray, const config::ApiKey *> m_keys;
    QHash<QByteArray, const config::Team *> m_teams;
};

} // namespace sluice::ui
