// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/config/limitlint.h"

#include "core/config/scalars.h"

#include <algorithm>

namespace sluice::config {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype MaxCandidates = 100; ///< beyond, looking for the nearest takes too long

const QByteArray AnonymousKey = "anonymous";

/// Why a limit cannot tell apart what it is to count apart; empty if it can.
QString oddityOfSegment(const LimitRule &rule, const Configuration &config)
{
    switch (rule.segment.kind) {
    case SegmentKind::ApiKey:
        return config.authentication
            ? QString()
            : u"authentication is off, so everyone counts as the one key \"anonymous\""_s;
    case SegmentKind::Team:
    case SegmentKind::TeamMember:
        if (!config.authentication)
            return u"authentication is off, so no request belongs to a team"_s;
        return config.teams.empty() ? u"there are no teams, so no request belongs to one"_s
                                    : QString();
    default:
        return {};
    }
}

/// A connection carries one request at a time.
QString oddityOfConcurrency(const LimitRule &rule, const Configuration &config)
{
    const bool isHigh = rule.capacity / MicroPerUnit >= config.server.maxConnections;
    if (rule.algorithm != Algorithm::Concurrency || !isHigh || !rule.overrides.empty())
        return {};
    return u"nobody can reach this: there are never more than %1 connections "
           "(server.max-connections)"_s.arg(config.server.maxConnections);
}

/// The name that was meant; sorted first, so that the same file always gets the same answer.
QString didYouMean(const QByteArray &name, const QSet<QByteArray> &known)
{
    if (known.size() > MaxCandidates)
        return {};
    QList<QByteArrayView> candidates(known.cbegin(), known.cend());
    std::sort(candidates.begin(), candidates.end());
    return QString::fromUtf8(nearest(name, candidates));
}

/// Looks names up that limits refer to.
class ReferenceLint
{
public:
    explicit ReferenceLint(Context &context) : m_context(context)
    {
        for (const ApiKey &key : context.config.apiKeys) {
            m_keys.insert(key.name);
            m_members.insert(key.team + '/' + key.owner);
        }
        for (const Team &team : context.config.teams) {
            for (const QByteArray &member : team.members)
                m_members.insert(team.name + '/' + member);
        }
        if (!context.config.authentication)
            m_keys = {AnonymousKey};
    }

    void check(const Reference &reference)
    {
        switch (reference.kind) {
        case Reference::Kind::Key:
            return checkName(reference, m_keys, u"there is no key %1 under api-keys"_s);
        case Reference::Kind::Team:
            return checkName(reference, m_context.teamNames, u"there is no team %1 under teams"_s);
        case Reference::Kind::Member:
            return checkName(
                reference, m_members, u"there is no member %1; members are TEAM/NAME here"_s);
        }
    }

private:
    void checkName(
        const Reference &reference, const QSet<QByteArray> &known, const QString &sentence)
    {
        if (known.contains(reference.name))
            return;
        const bool isKey = reference.kind == Reference::Kind::Key;
        if (!m_context.config.authentication) {
            add(reference,
                isKey ? u"authentication is off, so everyone has the one key \"anonymous\""_s
                      : u"authentication is off, so no request belongs to a team"_s,
                {});
            return;
        }
        const QString meant = m_context.isFull() ? QString() : didYouMean(reference.name, known);
        const QString name = reference.value.isScalar()
            ? shown(reference.value)
            : u"\"%1\""_s.arg(QString::fromUtf8(reference.name.left(80)));
        add(reference,
            sentence.arg(name)
                + (meant.isEmpty() ? QString() : u", did you mean \"%1\"?"_s.arg(meant)),
            meant);
    }

    void add(const Reference &reference, const QString &message, const QString &fix)
    {
        m_context.add({Severity::Warning, reference.place, reference.value.name(), message, fix});
    }

    Context &m_context;
    QSet<QByteArray> m_keys;
    QSet<QByteArray> m_members;
};

} // namespace

void lintLimits(Context &context)
{
    const Configuration &config = context.config;
    for (const LimitRule &rule : config.limits) {
        if (rule.mode == LimitMode::Off)
            continue;
        for (const QString &oddity :
            {oddityOfSegment(rule, config), oddityOfConcurrency(rule, config)}) {
            if (!oddity.isEmpty())
                context.add({Severity::Warning, rule.place, rule.path.join(u'.'), oddity, {}});
        }
    }
    ReferenceLint lint(context);
    for (const Reference &reference : context.references)
        lint.check(reference);
}

} // namespace sluice::config
