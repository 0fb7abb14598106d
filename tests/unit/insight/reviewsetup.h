// SPDX-License-Identifier: GPL-3.0-or-later
// Configurations to review, and what the report says of them.
#pragma once

#include "core/insight/changereport.h"
#include "insightsetup.h"

namespace sluice::test {

using namespace Qt::StringLiterals;
using config::Configuration;
using insight::ChangeReport;
using insight::Meaning;

inline config::LimitRule prodPerKey(qint64 capacity)
{
    config::LimitRule limit =
        rule("routers/prod/per-api-key", SegmentKind::ApiKey, capacity, 1min, LimitScope::Router);
    limit.router = "prod";
    return limit;
}

inline Configuration with(const std::vector<config::LimitRule> &limits)
{
    Configuration values;
    values.limits = limits;
    config::Router prod;
    prod.name = "prod";
    values.routers = {prod};
    return values;
}

inline QString textOf(const ChangeReport &report)
{
    QString text;
    for (const Meaning &meaning : report.meanings)
        text += meaning.title + u": "_s + meaning.text + u'\n';
    return text.replace(QChar(0x202f), u' ');
}

inline bool warns(const ChangeReport &report)
{
    for (const Meaning &meaning : report.meanings)
        if (meaning.kind == Meaning::Kind::Warning)
            return true;
    return false;
}

/// What tests of Review start from.
class ReviewFixture
{
protected:
    /// Key ci has used 42 of 60, key app one.
    void fill()
    {
        m_running = with({prodPerKey(60)});
        m_book = {};
        Desk desk(LimitSet::compile(m_running));
        Subject who = subject("ci");
        who.entry = limits::Entry::Router;
        who.router = "prod";
        for (int i = 0; i < 42; ++i)
            desk.request(who);
        who.apiKey = "app";
        desk.request(who);
        m_book.ingest(desk.report());
        m_now = desk.now;
    }

    [[nodiscard]] ChangeReport describe(
        const Configuration &draft, const limits::Renames &renames = {}) const
    {
        return insight::describeChange(m_running, draft, m_book, m_now, renames);
    }

    Configuration m_running;
    insight::UsageBook m_book;
    EngineTime m_now{0};
};

} // namespace sluice::test
